"""经理名片 at the desk: who has a card, on which certificates, who verified them."""
