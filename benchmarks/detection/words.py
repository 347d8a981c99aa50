"""The words that cells and headers are made of: names, places, sentences of several languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """What people of one language write; `comma` says that it stands before their decimals."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    words: tuple[str, ...]
    months: tuple[str, ...]
    comma: bool = True
    total: str = "Total"
    report: str = "Report"


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGLISH = Language(
    _split("Anna|Liam|Kate|Ben|Mary Ann|Zoë|Chloe|Jean-Luc|Fatima|Wang Wei|Olu|Ravi|Grace|D'Arcy"),
    _split("Smith|O'Brien|O'Neil|Jones|D'Angelo|van Dyk|Lee|Nguyen|McDonald|St. John|Taylor-Wood|Patel|Okafor"),
    _split("London|New York|St. John's|Stoke-on-Trent|Springfield|King's Lynn|San José|Cape Town|Leeds"),
    _split("Main St.|Church Road|St. Mary's Lane|5th Avenue|Park Row|Station Rd"),
    _words(
        "the order was late but customer didn't complain price is fine see invoice please call back "
        "tomorrow don't ship before Friday it's ok returned damaged asked for refund will try again next "
        "week manager approved"
    ),
    _split("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"),
    comma=False,
)
GERMAN = Language(
    _split("Jürgen|Björn|Anna|Käthe|Hans-Peter|Ute|Götz|Sabine|Moritz|Lieselotte"),
    _split("Müller|Schröder|Weiß|Bäcker|von der Leyen|Groß|Schmidt|Köhler|Meier-Lüdenscheidt"),
    _split("Berlin|Köln|Zürich|München|Frankfurt (Oder)|Düsseldorf|Graz|Bad Tölz"),
    _split("Hauptstraße|Am Markt|Schloßallee|Kölner Str.|Gäßchen"),
    _words(
        "die Lieferung kam spät aber der Kunde war zufrieden bitte zurückrufen Rechnung geprüft für "
        "nächste Woche nicht vor Freitag Ware beschädigt Größe fehlt über das Lager"
    ),
    _split("Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez"),
    total="Summe",
    report="Bericht",
)
FRENCH = Language(
    _split("Léa|Hélène|Jean-Luc|François|Zoé|Anaïs|Noël|Marie"),
    _split("Dubois|Lefèvre|D'Aubigné|Le Goff|Moreau|Garçon|L'Hermite"),
    _split("Paris|Saint-Étienne|L'Haÿ-les-Roses|Nîmes|Orléans|Bâle|Québec"),
    _split("rue de l'Église|avenue Foch|place d'Armes|bd Saint-Michel"),
    _words(
        "la commande est arrivée en retard mais le client n'a pas réclamé d'abord voir la facture "
        "rappeler après l'été déjà livré très bien problème à régler"
    ),
    _split("janv.|févr.|mars|avr.|mai|juin|juil.|août|sept.|oct.|nov.|déc."),
    report="Rapport",
)
SPANISH = Language(
    _split("José|Lucía|Íñigo|Carlos|María José|Ángel|Begoña|Núria"),
    _split("García|Núñez|Ibáñez|de la Cruz|Peña|López Ortega|Muñoz"),
    _split("Málaga|A Coruña|Bogotá|Córdoba|Ciudad de México|León|L'Hospitalet"),
    _split("Calle Mayor|Avda. de América|Plaza España|C/ Niño"),
    _words(
        "el pedido llegó tarde pero el cliente no se quejó por favor llamar mañana factura revisada año "
        "próximo está bien según contrato envío dañado"
    ),
    _split("ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic"),
    report="Informe",
)
PORTUGUESE = Language(
    _split("João|Inês|Luís|Conceição|Antônio|Zélia"),
    _split("Gonçalves|Simões|da Silva|Guimarães|Araújo|Brandão"),
    _split("São Paulo|Lisboa|Évora|Belém|Florianópolis|Goiânia"),
    _split("Rua da Conceição|Av. Brasil|Praça São João|Travessa do Pão"),
    _words(
        "o pedido chegou atrasado mas o cliente não reclamou por favor ligar amanhã fatura conferida até "
        "sexta produção avariada devolução"
    ),
    _split("jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez"),
    report="Relatório",
)
ITALIAN = Language(
    _split("Niccolò|Giosuè|Chiara|Marco|Maria|Donatella"),
    _split("Rossi|D'Alessandro|Dell'Acqua|Bianchi|Nicolò|De Santis"),
    _split("Roma|Forlì|L'Aquila|Cantù|Reggio nell'Emilia|Mondovì"),
    _split("Via dell'Orso|Corso d'Italia|P.za Libertà|Viale Po"),
    _words("l'ordine è arrivato tardi ma il cliente non si è lamentato più tardi fattura già pagata perché città"),
    _split("gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic"),
    total="Totale",
    report="Rapporto",
)
SCANDINAVIAN = Language(
    _split("Søren|Åsa|Bjørn|Linnéa|Øystein|Märta"),
    _split("Ångström|Sørensen|Bjørklund|Håkansson|Lindqvist|Ødegård"),
    _split("Malmö|Tromsø|Århus|Göteborg|Ålesund|København"),
    _split("Storgatan|Kongens gate|Østergade|Drottninggatan"),
    _words("ordren kom för sent men kunden klagade inte vänligen ring på måndag varan är trasig før næste år"),
    _split("jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec"),
    report="Rapport",
)
POLISH = Language(
    _split("Łukasz|Małgorzata|Zdzisław|Jędrzej|Anna|Śląsława"),
    _split("Kowalski|Wiśniewska|Dąbrowski|Żak|Źrebiec|Nowak"),
    _split("Łódź|Kraków|Gdańsk|Świnoujście|Zakopane|Wrocław"),
    _split("ul. Długa|al. Jerozolimskie|pl. Święty|ul. Źródlana"),
    _words("zamówienie dotarło późno ale klient się nie skarżył proszę oddzwonić jutro faktura sprawdzona też łączna"),
    _split("sty|lut|mar|kwi|maj|cze|lip|sie|wrz|paź|lis|gru"),
    total="Razem",
    report="Raport",
)
RUSSIAN = Language(
    _split("Анна|Юрий|Мария|Сергей|Ольга|Игорь"),
    _split("Иванов|Щербакова|Кузнецов|Соловьёв|Чехов"),
    _split("Москва|Санкт-Петербург|Казань|Ростов-на-Дону|Тверь"),
    _split("ул. Ленина|Невский пр.|пл. Мира|ул. Садовая"),
    _words("заказ пришёл поздно но клиент не жаловался просьба перезвонить завтра счёт проверен на склад товар"),
    _split("янв|фев|мар|апр|май|июн|июл|авг|сен|окт|ноя|дек"),
    total="Итого",
    report="Отчёт",
)
JAPANESE = Language(
    _split("太郎|花子|さくら|健一|美咲|ケン"),
    _split("佐藤|鈴木|高橋|田中|渡辺|山本"),
    _split("東京都|大阪市|京都|札幌市|横浜|名古屋市"),
    _split("中央区銀座|北区|港区六本木|西新宿"),
    _split("注文は遅れました|確認済み|至急お願いします|問題なし|返品希望|在庫あり|来週発送|電話連絡"),
    _split("1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月"),
    comma=False,
    total="合計",
    report="報告書",
)
CHINESE = Language(
    _split("伟|芳|秀英|敏|静|丽"),
    _split("王|李|张|刘|陈|杨"),
    _split("北京市|上海|广州市|深圳|成都"),
    _split("人民路|中山大道|南京西路|解放街"),
    _split("订单延迟|客户满意|请回电|发票已核对|下周发货|货物损坏|无问题"),
    _split("1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月"),
    comma=False,
    total="合计",
    report="报告",
)
LANGUAGES = (
    *(ENGLISH,) * 8,
    *(GERMAN,) * 4,
    *(FRENCH,) * 2,
    *(SPANISH,) * 2,
    PORTUGUESE,
    ITALIAN,
    SCANDINAVIAN,
    POLISH,
    RUSSIAN,
    JAPANESE,
    CHINESE,
)
"""As often as each is met among the files."""
