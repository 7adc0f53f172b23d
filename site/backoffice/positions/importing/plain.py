"""One way of writing each sign, so that the rules need to know only one.

``plain`` maps sign to sign: full-width to half-width, Traditional to Simplified for the characters that occur
of OpenCC's table one by one. The result has the length of the source, so a place in one is the same place in the
other; what is shown to people is always cut from the source.
"""

import opencc

_SIGNS = {
    **dict.fromkeys("\u3000\xa0\u2002\u2003\u200b\ufeff", " "),
    **dict.fromkeys("\r\u2028\u2029\x0b\x0c\x85", "\n"),
    **dict.fromkeys("•◦■◆◇○□▪※★➢\uf06c\uf0d8\uf0b7\uf02d", "●"),
    **dict.fromkeys("﹕∶︰", ":"),
    **dict.fromkeys("﹒．", "."),
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("､﹑", "、"),
    "｡": "。",
    "〔": "[",
    "〕": "]",
}
# Variants that OpenCC leaves alone or writes in another way than our words for titles and labels.
_TRADITIONAL = (
    "崗岗職职責责稱称門门級级屬属資资條条歷历務务經经員员專专顧顾問问總总監监長长師师維维車车間间業业"
    "組组隊队銷销護护處处會会計计財财庫库檔档檢检驗验險险續续賠赔報报導导領领關关係系圍围權权範范標标"
    "準准說说書书術术調调規规則则證证學学驗验額额獎奖懲惩備备註注編编號号類类對对應应協协議议與与東东"
    "廠厂電电話话網网絡络際际體体製制個个開开發发場场櫃柜賬账帳账單单訂订購购運运輸输貨货倉仓產产質质"
    "實实習习練练導导內内採采買买賣卖價价錢钱銀银貸贷為为時时週周點点鐘钟後后舊旧機机鈑钣噴喷裝装潔洁"
    "廳厅項项彙汇匯汇負负達达隸隶簡简歡欢萬万億亿兩两從从這这並并於于據据據据須须"
)
TABLE = {ord(full): chr(full_code - 0xFEE0) for full_code in range(0xFF01, 0xFF5F) for full in chr(full_code)}
TABLE |= {ord(sign): plain for sign, plain in _SIGNS.items()}
_WRITTEN = [chr(code) for code in range(0x4E00, 0xA000)]
# Asked line by line, so that no rule for a whole word applies and each character stays one character.
_SIMPLE = opencc.OpenCC("t2s").convert("\n".join(_WRITTEN)).split("\n")
TABLE |= {ord(one): simple for one, simple in zip(_WRITTEN, _SIMPLE, strict=True) if len(simple) == 1}
TABLE |= {ord(_TRADITIONAL[i]): _TRADITIONAL[i + 1] for i in range(0, len(_TRADITIONAL), 2)}


def plain(text: str) -> str:
    """Return ``text`` in the one way of writing; same length."""
    return text.translate(TABLE)
