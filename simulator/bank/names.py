"""Invented people's names from lists of common syllables, with their spelling for userids."""

from random import Random
from typing import Final

_SURNAMES = (
    "王/wang 李/li 张/zhang 刘/liu 陈/chen 杨/yang 黄/huang 赵/zhao 周/zhou 吴/wu 徐/xu 孙/sun"
    " 马/ma 朱/zhu 胡/hu 郭/guo 何/he 林/lin 高/gao 罗/luo 郑/zheng 梁/liang 谢/xie 宋/song"
    " 唐/tang 许/xu 韩/han 冯/feng 邓/deng 曹/cao 彭/peng 曾/zeng 肖/xiao 田/tian 董/dong"
    " 袁/yuan 潘/pan 于/yu 蒋/jiang 蔡/cai 余/yu 杜/du 叶/ye 程/cheng 苏/su 魏/wei 吕/lv 丁/ding"
    " 任/ren 沈/shen 姚/yao 卢/lu 姜/jiang 崔/cui 钟/zhong 谭/tan 陆/lu 汪/wang 范/fan 金/jin"
    " 石/shi 廖/liao 贾/jia 夏/xia 韦/wei 付/fu 方/fang 白/bai 邹/zou 孟/meng 熊/xiong 秦/qin"
    " 邱/qiu 江/jiang 尹/yin 薛/xue 闫/yan 段/duan"
)


def _syllables(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair.split("/")[0], pair.split("/")[1]) for pair in text.split())


SURNAMES: Final = _syllables(_SURNAMES)
ELDER_F: Final = _syllables(
    "桂/gui 兰/lan 英/ying 秀/xiu 珍/zhen 凤/feng 玉/yu 芳/fang 淑/shu 琴/qin 荣/rong 美/mei"
    " 素/su 金/jin 香/xiang 月/yue 春/chun 翠/cui 莲/lian 华/hua"
)
ELDER_M: Final = _syllables(
    "建/jian 国/guo 志/zhi 明/ming 德/de 福/fu 贵/gui 生/sheng 文/wen 忠/zhong 义/yi 成/cheng"
    " 永/yong 祥/xiang 树/shu 林/lin 光/guang 荣/rong 富/fu 山/shan"
)
MIDDLE_F: Final = _syllables(
    "丽/li 敏/min 静/jing 艳/yan 娟/juan 霞/xia 燕/yan 红/hong 玲/ling 萍/ping 莉/li 娜/na"
    " 雪/xue 梅/mei 慧/hui 颖/ying 琳/lin 蓉/rong 晶/jing 洁/jie"
)
MIDDLE_M: Final = _syllables(
    "伟/wei 强/qiang 军/jun 磊/lei 勇/yong 涛/tao 超/chao 斌/bin 鹏/peng 辉/hui 刚/gang 波/bo"
    " 杰/jie 峰/feng 凯/kai 亮/liang 健/jian 俊/jun 东/dong 海/hai"
)
YOUNG_F: Final = _syllables(
    "雨/yu 欣/xin 怡/yi 婷/ting 思/si 琪/qi 佳/jia 梦/meng 瑶/yao 涵/han 诗/shi 悦/yue"
    " 宁/ning 可/ke 曼/man 依/yi 晓/xiao 彤/tong 菲/fei 楠/nan"
)
YOUNG_M: Final = _syllables(
    "宇/yu 轩/xuan 浩/hao 然/ran 子/zi 博/bo 泽/ze 晨/chen 睿/rui 嘉/jia 天/tian 佑/you"
    " 航/hang 翔/xiang 逸/yi 凡/fan 奕/yi 霖/lin 昊/hao 铭/ming"
)
_GIVEN: Final = {
    ("F", 0): YOUNG_F,
    ("F", 1): MIDDLE_F,
    ("F", 2): ELDER_F,
    ("M", 0): YOUNG_M,
    ("M", 1): MIDDLE_M,
    ("M", 2): ELDER_M,
}


def invented(random: Random, gender: str, born: int) -> tuple[str, str]:
    """A name fitting gender and year of birth, and its spelling (``周桂兰``, ``zhouguilan``)."""
    age_group = 2 if born < 1968 else 1 if born < 1990 else 0
    given = _GIVEN[gender, age_group]
    surname = SURNAMES[int(random.random() ** 1.6 * len(SURNAMES))]
    first = given[int(random.random() * len(given))]
    second = given[int(random.random() * len(given))]
    if random.random() < 0.18 or second is first:
        return surname[0] + first[0], surname[1] + first[1]
    return surname[0] + first[0] + second[0], surname[1] + first[1] + second[1]
