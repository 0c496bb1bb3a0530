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
    term: str = ""
    least: int | None = None
    fee: str = ""
    benchmark: str = ""
    basis: str = ""
    drift: int = 0  # of the net value, in millionths a day; 0: none is published
    ends: tuple[int, ...] = ()  # what the last net values lack, the newest last, in ten-thousandths
    tiers: str = ""

    def navs(self, today: date) -> list[tuple[date, str]]:
        """The net values of ``PUBLISHED`` days, ending yesterday; a slow wave around the drift.

        Wealth products swing less than funds, so their yield stays near the benchmark but for ``ends``.
        """
        if not self.drift:
            return []
        swing = (self.risk or 1) * (4 if self.kind == "fund" else 1)
        found = []
        for back in range(PUBLISHED, 0, -1):
            wave = (back * back * 7 + self.drift) % 13 - 6
            value = 10_000 + (PUBLISHED - back) * self.drift // 100 + wave * swing // 2
            value -= self.ends[-back] if back <= len(self.ends) else 0
            found.append((today - timedelta(days=back), f"{value // 10_000}.{value % 10_000:04d}"))
        return found

    def open_days(self, today: date) -> list[tuple[date, date]]:
        """The next four windows."""
        if self.opens_in is None:
            return []
        starts = [
            today + timedelta(days=self.opens_in + self.opens_every * turn) for turn in range(4)
        ]
        return [(start, start + timedelta(days=2)) for start in starts]


PUBLISHED: Final = 120
"""Days of net values: enough for a yield over a quarter."""
FALLS: Final = (20, 45, 70, 95, 120, 160, 235)
"""A fund that fell for a week; yesterday it was 2 % below its highest of the month."""
LAGS: Final = (5, 8, 10, 12, 15, 20, 48)
"""A wealth product whose yield of the quarter lies 1 % below its benchmark since yesterday."""
BASIS: Final = "按拟投资债券票息、杠杆成本与管理费测算，不代表未来表现"
DEPOSITS: Final = (
    Product("QHDC3M", "整存整取三个月", "deposit", days=91, term="三个月", least=50),
    Product("QHDC6M", "整存整取六个月", "deposit", days=182, term="六个月", least=50),
    Product("QHDC1Y", "整存整取一年", "deposit", days=365, term="一年", least=50),
    Product("QHDC2Y", "整存整取二年", "deposit", days=730, term="二年", least=50),
    Product("QHDC3Y", "整存整取三年", "deposit", days=1095, term="三年", least=50),
    Product("QHCD3Y", "大额存单三年", "deposit", days=1095, term="三年", least=200_000),
)
WEALTH: Final = (
    Product(
        "QHWY90", "青禾稳盈 90 天", "wealth", 1, 90, "青禾理财", term="90 天", least=1,
        fee="固定管理费 0.15%/年", benchmark="1.90%-2.30%", basis=BASIS, drift=60,
    ),
    Product(
        "QHWY180", "青禾稳盈 180 天", "wealth", 2, 180, "青禾理财", term="180 天", least=1,
        fee="固定管理费 0.20%/年", benchmark="2.10%-2.60%", basis=BASIS, drift=65,
    ),
    Product(
        "QHFL365", "青禾丰禄一年期", "wealth", 2, 365, "青禾理财", term="365 天", least=10_000,
        fee="固定管理费 0.25%/年", benchmark="2.30%-2.90%", basis=BASIS, drift=72,
    ),
    Product(
        "QHJX270", "青禾精选固收增强", "wealth", 3, 270, "青禾理财", term="270 天", least=100_000,
        fee="固定管理费 0.30%/年", benchmark="2.60%-3.40%", basis=BASIS, drift=85,
        tiers="高端;私行",
    ),
)  # fmt: skip
OPEN_WEALTH: Final = (
    Product(
        "QHJJX", "青禾季季享", "wealth", 2, issuer="青禾理财", opens_in=3, opens_every=91,
        term="每季开放", least=1, fee="固定管理费 0.20%/年", benchmark="2.20%-2.70%", basis=BASIS,
        drift=66,
    ),
    Product(
        "QHBNX", "青禾半年享", "wealth", 3, issuer="青禾理财", opens_in=17, opens_every=182,
        term="每半年开放", least=10_000, fee="固定管理费 0.30%/年", benchmark="2.50%-3.20%",
        basis=BASIS, drift=78, ends=LAGS,
    ),
)  # fmt: skip
FUNDS: Final = (
    Product("FD0101", "禾苗货币 A", "fund", 1, issuer="禾苗基金", term="无固定期限", least=1, fee="管理费 0.15%/年", drift=50),
    Product("FD0203", "禾苗稳健债券 A", "fund", 2, issuer="禾苗基金", term="无固定期限", least=10, fee="管理费 0.30%/年，申购费 0.80%", drift=80),
    Product("FD0307", "禾苗均衡配置混合", "fund", 3, issuer="禾苗基金", term="无固定期限", least=10, fee="管理费 1.20%/年，申购费 1.50%", drift=120, ends=FALLS),
    Product("FD0412", "禾苗价值成长股票", "fund", 4, issuer="禾苗基金", term="无固定期限", least=10, fee="管理费 1.20%/年，申购费 1.50%", drift=150),
    Product("FD0518", "禾苗科技先锋股票", "fund", 5, issuer="禾苗基金", term="无固定期限", least=10, fee="管理费 1.20%/年，申购费 1.50%", drift=180),
)  # fmt: skip
OTHERS: Final = (
    Product("INS001", "青禾安享年金", "insurance", 2, issuer="青禾人寿", term="终身", least=10_000, fee="见产品说明书"),
    Product("AU0001", "青禾积存金", "metal", 3, term="无固定期限", least=1, fee="买卖点差见牌价"),
    Product("PE0001", "禾苗一号私募", "fund", 5, issuer="禾苗资本", private=True, term="三年封闭", least=1_000_000, fee="管理费 1.50%/年", tiers="私行"),
    Product("QHZX180", "青禾臻选 180 天", "wealth", 2, 180, "青禾理财", term="180 天", least=10_000, fee="固定管理费 0.20%/年", benchmark="2.10%-2.60%", basis=BASIS),
    Product("QHWYOLD", "青禾稳盈 60 天（停售）", "wealth", 1, 60, "青禾理财", on_sale=False, term="60 天", least=1),
)  # fmt: skip
PRODUCTS: Final = (*DEPOSITS, *WEALTH, *OPEN_WEALTH, *FUNDS, *OTHERS)
