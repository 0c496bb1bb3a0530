"""What the synthetic bank sells: deposits, wealth products with open days, funds, and the rest."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the file has it. ``days`` is the term; ``opens_in`` the days from today
    after which it opens for three days, again and again each ``opens_every``."""

    code: str
    name: str
    kind: str
    risk: int | None = None
    days: int | None = None
    issuer: str = "青禾银行"
    private: bool = False
    on_sale: bool = True
    opens_in: int | None = None
    opens_every: int = 0

    def open_days(self, today: date) -> list[tuple[date, date]]:
        """The next four windows."""
        if self.opens_in is None:
            return []
        starts = [
            today + timedelta(days=self.opens_in + self.opens_every * turn) for turn in range(4)
        ]
        return [(start, start + timedelta(days=2)) for start in starts]


DEPOSITS: Final = (
    Product("QHDC3M", "整存整取三个月", "deposit", days=91),
    Product("QHDC6M", "整存整取六个月", "deposit", days=182),
    Product("QHDC1Y", "整存整取一年", "deposit", days=365),
    Product("QHDC2Y", "整存整取二年", "deposit", days=730),
    Product("QHDC3Y", "整存整取三年", "deposit", days=1095),
    Product("QHCD3Y", "大额存单三年", "deposit", days=1095),
)
WEALTH: Final = (
    Product("QHWY90", "青禾稳盈 90 天", "wealth", 1, 90, "青禾理财"),
    Product("QHWY180", "青禾稳盈 180 天", "wealth", 2, 180, "青禾理财"),
    Product("QHFL365", "青禾丰禄一年期", "wealth", 2, 365, "青禾理财"),
    Product("QHJX270", "青禾精选固收增强", "wealth", 3, 270, "青禾理财"),
)
OPEN_WEALTH: Final = (
    Product("QHJJX", "青禾季季享", "wealth", 2, issuer="青禾理财", opens_in=3, opens_every=91),
    Product("QHBNX", "青禾半年享", "wealth", 3, issuer="青禾理财", opens_in=17, opens_every=182),
)
FUNDS: Final = (
    Product("FD0101", "禾苗货币 A", "fund", 1, issuer="禾苗基金"),
    Product("FD0203", "禾苗稳健债券 A", "fund", 2, issuer="禾苗基金"),
    Product("FD0307", "禾苗均衡配置混合", "fund", 3, issuer="禾苗基金"),
    Product("FD0412", "禾苗价值成长股票", "fund", 4, issuer="禾苗基金"),
    Product("FD0518", "禾苗科技先锋股票", "fund", 5, issuer="禾苗基金"),
)
OTHERS: Final = (
    Product("INS001", "青禾安享年金", "insurance", 2, issuer="青禾人寿"),
    Product("AU0001", "青禾积存金", "metal", 3),
    Product("PE0001", "禾苗一号私募", "fund", 5, issuer="禾苗资本", private=True),
    Product("QHWYOLD", "青禾稳盈 60 天（停售）", "wealth", 1, 60, "青禾理财", on_sale=False),
)
PRODUCTS: Final = (*DEPOSITS, *WEALTH, *OPEN_WEALTH, *FUNDS, *OTHERS)
