"""Which encoding: every family, from a few words to many, judged by the text that comes out."""

from __future__ import annotations

import random

import pytest

from csvapi.csvio.detection import detect
from csvapi.errors import UnsupportedEncoding

LANGUAGES = {
    "German": ("Straße Größe Übung Müller schön Änderung heißt für Köln", "cp1252 cp850 mac-roman"),
    "French": ("élève garçon être où Noël déjà français hôpital", "cp1252 cp850"),
    "French with œ": ("cœur sœur œuvre élève déjà 20€ forêt", "cp1252 iso8859-15"),
    "Icelandic": ("Reykjavík þú ætt góðan Ísland maður Þór fjörður", "cp1252"),
    "Spanish": ("niño mañana corazón José Málaga está año teléfono", "cp1252 cp437"),
    "Danish": ("Søren Århus smørrebrød kærlighed blå på", "cp1252 cp850"),
    "Polish": ("Łódź żółw święto Kraków mąż pięć źródło", "cp1250 cp852 iso8859-2"),
    "Czech": ("Příliš žluťoučký kůň úpěl ďábelské české město řeka", "cp1250 cp852 iso8859-2"),
    "Hungarian": ("fűzfő őrült árvíztűrő tükör Győr erdő", "cp1250"),
    "Russian": (
        "Москва улица название цена Иванов дата город адрес",
        "cp1251 koi8-r cp866 iso8859-5 utf-16-le utf-16-be utf-32-le utf-32-be",
    ),
    "Ukrainian": ("Київ вулиця назва ціна Шевченко місто їжак", "cp1251 koi8-u"),
    "Greek": ("Αθήνα όνομα πόλη τιμή Θεσσαλονίκη διεύθυνση", "cp1253"),
    "Turkish": ("İstanbul şehir çağrı ürün değer Işık müşteri", "cp1254 cp857"),
    "Hebrew": ("שלום עיר רחוב מחיר תאריך ירושלים", "cp1255"),
    "Arabic": ("القاهرة اسم مدينة السعر تاريخ شارع", "cp1256 iso8859-6"),
    "Lithuanian": ("Šiauliai žmogus ąžuolas gatvė kainų miestų įmonė", "cp1257"),
    "Thai": ("กรุงเทพ ชื่อ ราคา ถนน วันที่ เมือง", "cp874"),
    "Japanese": (
        "東京都 名前 価格 カタカナ ひらがなです これは商品の説明です",
        "cp932 euc_jp utf-16-le utf-16-be utf-32-le utf-32-be",
    ),
    "Japanese, kanji only": ("東京都 大阪府 住所 氏名 電話番号 価格 商品名 日付 山田太郎", "cp932 euc_jp"),
    "Chinese": ("北京市 姓名 价格 地址 这是产品说明 日期 电话号码", "gb18030 utf-16-le"),
    "Taiwanese": ("臺北市 姓名 價格 地址 這是產品說明 日期 電話號碼", "big5"),
    "Korean": ("서울특별시 이름 가격 주소 상품 설명입니다 전화번호", "cp949"),
}
CASES = [(name, words, codec) for name, (words, codecs) in LANGUAGES.items() for codec in codecs.split()]


@pytest.mark.parametrize(("name", "words", "codec"), CASES)
def test_code_pages(name: str, words: str, codec: str) -> None:
    for count in (3, 10, 60):
        r = random.Random(count)
        rows = ["id,name,price,note"]
        rows += [f"{n},{r.choice(words.split())},{r.randrange(999)},{r.choice(words.split())}" for n in range(count)]
        content = ("\r\n".join(rows) + "\r\n").encode(codec)
        got = detect(content, complete=True)
        assert content.decode(got.dialect.encoding) == content.decode(codec), (count, got.evidence[0])
        assert got.dialect.delimiter == ","


SIGNS = {
    "euro": "a;b\n1;20€\n2;30€\n",
    "pounds": "a,b\n£5,£6\n£7,x\n",
    "marks": "a,b\n© 2020,x™\n® y,–\n",
    "quotation marks": "a,b\n“hi”,don’t\n‘x’,…\n",
    "apostrophes": "id,text\n1,I don’t think it’s ok – no…\n2,Joe’s place\n",
    "bullets": "a,b\n• one,x\n• two,y\n",
    "no-break spaces": "a;b\n1\u00a0234;5\n2\u00a0345;6\n",
    "ordinals": "a,b\n1º,2ª\n3º,4ª\n",
    "sections": "a;b\n§ 5;x\n§ 6;y\n",
    "micrometres": "t,x\n1 µm,5\n2 µm,6\n",
    "fractions": "a;b\n1;2½\n2;¾ cup\n3;café\n",
    "accents for apostrophes": "a,b\nMüller,it´s\nSchön,don´t\n",
}


@pytest.mark.parametrize("text", SIGNS.values(), ids=SIGNS)
def test_signs_alone_are_no_letters_of_another_page(text: str) -> None:
    content = text.encode("cp1252")
    assert content.decode(detect(content, complete=True).dialect.encoding) == text


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r"])
def test_cyrillic_in_one_case(codec: str) -> None:
    """Where one has lower-case letters the other has capitals."""
    for text in (
        "id;фио;город\n1;ИВАНОВ;МОСКВА\n2;ПЕТРОВ;КАЗАНЬ\n",
        "id;фио;город\n1;иванов;москва\n2;петров;казань\n",
    ):
        assert detect(text.encode(codec), complete=True).dialect.encoding == codec


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("bom", [True, False])
def test_unicode_with_and_without_bom(codec: str, *, bom: bool) -> None:
    text = "Überschrift\n\nid;name\n1;Zoë\n2;東京\n"
    got = detect((("\ufeff" if bom else "") + text).encode(codec), complete=True).dialect
    assert (got.encoding, got.bom) == (codec, bom)
    assert got.preamble == len("Überschrift\n\n".encode(codec))


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", "名前,1\n"),
        ("utf-16-le", "名前,1\n"),
        ("gb18030", "产品说明,电话号码\n"),
        ("cp932", "これは,商品です\n"),
    ],
)
def test_a_head_that_ends_inside_a_character(codec: str, text: str) -> None:
    content = (text + text * 40).encode(codec)
    for cut in range(1, 9):
        assert detect(content[:-cut]).dialect.encoding == codec


def test_the_tail_decides_when_the_head_is_ascii() -> None:
    head = b"id,name\n" + b"1,abc\n" * 50
    assert detect(head, "7,Müller\n8,Größe\n".encode("cp1252")).dialect.encoding == "cp1252"
    assert detect(head, "7,Müller\n8,Größe\n".encode()[4:]).dialect.encoding == "utf-8"


def test_damaged_bytes_are_located_and_kept() -> None:
    content = "é,è\n".encode() * 9 + b"1,\xff\n"
    got = detect(content, complete=True)
    assert got.dialect.encoding == "utf-8"
    (issue,) = got.issues
    assert (issue.kind, issue.line, issue.byte) == ("undecodable", 10, content.index(b"\xff"))


def test_names_can_always_be_shown() -> None:
    content = b"a\xff,b\n1,2\n" + "é,è\n".encode() * 9
    columns = detect(content, complete=True).columns
    assert columns == ("a\ufffd", "b")


@pytest.mark.parametrize("content", [b"+/v8-a,b\n", "名前,価格\n".encode("iso2022_jp")])
def test_encodings_nobody_can_process_bytewise_are_refused(content: bytes) -> None:
    with pytest.raises(UnsupportedEncoding, match="UTF-8"):
        detect(content, complete=True)
