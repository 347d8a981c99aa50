"""Words of everyday tables in many languages: column heads, people, places, goods and remarks, written for this use.

Each language has the same columns, so that a table of it is a seeded combination of cells. All words are in composed
form (Unicode normalisation form C), with the letters that the older code pages have (Romanian with cedillas).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """`heads` names the columns: number, person, city, address, product, remark, price, date."""

    name: str
    heads: tuple[str, ...]
    people: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    products: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def text(self) -> str:
        """All its words, for asking whether a code page has their letters."""
        return "".join(
            "".join(column)
            for column in (self.heads, self.people, self.cities, self.streets, self.products, self.remarks)
        )


def _language(name: str, *columns: str) -> Language:
    return Language(name, *(tuple(column.split("|")) for column in columns))


LANGUAGES = (
    _language(
        "English",
        "id|name|city|address|product|remark|price|date",
        "Zoë Saldaña|José Alvarez|Renée Clarke|Chloë Brontë|Siân Jones|Beyoncé Smith|André Lewis|Noël Hughes|Björn Ward|Inés Moore",
        "San José|Montréal|Québec|Zürich|São Paulo|Málaga|Orléans|Düsseldorf|Malmö|Genève",
        "12 Café Row|4 Château Lane|81 Peña Boulevard|7 Rue Crémazie|3 Cañon Street|55 Kärntner Ring|9 Élysée Court",
        "Crème brûlée torch|Café latte cup|Jalapeño sauce|Piñata, large|Rosé wine|Papier-mâché mask|Pâté knife",
        "résumé attached|naïve estimate|vis-à-vis the façade|paid à la carte|protégé of José|cliché, but true|déjà vu",
    ),
    _language(
        "German",
        "Nr|Name|Stadt|Straße|Artikel|Bemerkung|Preis in Euro|Datum",
        "Jörg Müller|Käthe Schäfer|Günther Weiß|Bärbel Größl|Sören Köhler|Anna Jäger|Uwe Böhm|Ute Süß|Jürgen Groß|Ännchen Kühn",
        "München|Köln|Düsseldorf|Nürnberg|Lübeck|Saarbrücken|Würzburg|Göttingen|Gießen|Osnabrück",
        "Hauptstraße 5|Mühlenweg 12|Am Brühl 3|Schloßplatz 1|Königsallee 77|Bäckergäßchen 8|Große Bleiche 40",
        "Kühlschrank|Bügeleisen|Gemüse, tiefgekühlt|Schlüsselanhänger|Äpfel süß|Öl für Getriebe|Füße für Möbel",
        "nicht verfügbar|Lieferung verspätet|bitte prüfen|Rückgabe möglich|für Geschäftskunden|ungültig|auf Wunsch geändert",
    ),
    _language(
        "French",
        "numéro|prénom et nom|ville|adresse|désignation|remarque|prix unité|date de création",
        "Hélène Lefèvre|François Bézier|Théo Gérard|Maël Noël|Zoé Périer|André Béranger|Irène Fauré|Cédric Crépin|Éric Prévôt|Loïc Hébert",
        "Besançon|Orléans|Nîmes|Béziers|Saint-Étienne|Mâcon|Évreux|Alençon|Angoulême|Sète",
        "3 allée des Chênes|12 rue du Château|8 quai de la Mégisserie|5 impasse des Bégonias|1 place de l'Hôtel|27 cité Fénelon",
        "Poêle à frire|Théière émaillée|Fenêtre isolée|Clé à molette|Pâtes fraîches|Câble électrique|Chaîne de vélo",
        "livré à domicile|déjà réglé|expédié hier|à vérifier|reçu incomplet|modèle épuisé|garantie prolongée|très abîmé",
    ),
    _language(
        "Spanish",
        "número|nombre|población|dirección|artículo|observación|precio|fecha",
        "José Muñoz|María Núñez|Ángel Pérez|Íñigo Gómez|Begoña Ibáñez|Óscar Martín|Lucía Fernández|Ramón Peña|Sofía Jiménez|Andrés León",
        "Málaga|Cádiz|Córdoba|La Coruña|León|Logroño|Mérida|Ávila|Almería|Alcalá de Henares",
        "Calle Alcalá 12|Avenida de España 4|Paseo de Colón 9|Plaza San Martín 2|Calle Peñón 31|Travesía Júcar 6",
        "Jamón ibérico|Teléfono móvil|Lámpara de pie|Cañón de luz|Sofá de piel|Jabón de baño|Champú orgánico",
        "envío rápido|pagó en efectivo|dirección errónea|mañana por la tarde|según catálogo|sin daños|devolución",
    ),
    _language(
        "Portuguese",
        "número|nome|município|endereço|descrição|observação|preço|data de emissão",
        "João Gonçalves|Conceição Araújo|Antônio Magalhães|Inês Simões|José Falcão|Mônica Brandão|Tomás Guimarães|Lígia Paixão",
        "São Paulo|Brasília|Florianópolis|Maceió|Goiânia|Belém do Pará|Évora|Guimarães|Cuiabá|Maringá",
        "Rua da Conceição 8|Avenida São João 120|Praça da Sé 1|Travessa do Pão 3|Rua Três Irmãos 42|Alameda Jaú 77",
        "Pão de queijo|Maçã fuji|Sabão em pó|Café torrado|Calções de banho|Óculos de proteção|Feijão, 1 kg",
        "não entregue|devolução em análise|à vista|promoção de verão|atenção: frágil|já pago|última peça",
    ),
    _language(
        "Danish",
        "nr|navn|by|vejnavn|vare|bemærkning|beløb|dato",
        "Søren Kjær|Jørgen Østergaard|Mette Nørgård|Åse Bæk|Bjørn Sørensen|Kåre Ågren|Ærø Holm|Lærke Frøslev",
        "København|Århus|Tønder|Køge|Næstved|Helsingør|Sønderborg|Rødovre|Præstø|Ålborg",
        "Østergade 4|Nørrebrogade 82|Strandvænget 7|Åboulevarden 11|Gåsevej 3|Kærvej 29|Søndergade 16",
        "Rugbrød|Smør, økologisk|Blå kjole|Støvsuger|Håndsæbe|Læderstøvler|Køkkenkniv|Æggebæger",
        "på lager|udsolgt før påske|må ikke sælges|bestilt i går|gælder også børn|ændret af køber|forsinket på grund af sne",
    ),
    _language(
        "Swedish",
        "nr|namn|ort|gatuadress|varubeskrivning|anmärkning|pris för en|datum från",
        "Åsa Lindström|Göran Sjögren|Märta Åkesson|Björn Nyström|Örjan Hägg|Maj Söderberg|Pär Öberg|Kerstin Bäckman",
        "Göteborg|Malmö|Västerås|Örebro|Linköping|Jönköping|Umeå|Luleå|Växjö|Åre",
        "Drottninggatan 5|Björkvägen 12|Södra Förstadsgatan 8|Åkervägen 3|Östra Hamngatan 40|Skånegatan 9",
        "Köttbullar|Smörgåsbord|Kräftor|Träpall|Hårtork|Rödbetor|Glödlampa|Äppelmos|Såg för trä",
        "slut på lager|bör återsändas|är försenad|två kollin saknas|även på lördag|går att hämta|fråga säljaren",
    ),
    _language(
        "Polish",
        "lp|imię i nazwisko|miejscowość|ulica|nazwa towaru|uwagi dodatkowe|cena łączna|data przyjęcia",
        "Łukasz Wiśniewski|Małgorzata Dąbrowska|Paweł Kamiński|Żaneta Wójcik|Grażyna Zając|Michał Król|Święcicka Ewa|Józef Źródłowski",
        "Łódź|Kraków|Gdańsk|Poznań|Wrocław|Białystok|Częstochowa|Rzeszów|Toruń|Zielona Góra",
        "ul. Długa 8|al. Niepodległości 12|ul. Świętojańska 3|pl. Wolności 1|ul. Źródlana 7|os. Słoneczne 20|ul. Żeromskiego 4",
        "Chleb żytni|Łyżka stołowa|Krzesło dębowe|Śruba ocynkowana|Książka kucharska|Żarówka|Gęś mrożona|Ręcznik",
        "wysłano wczoraj|brak części|proszę o potwierdzenie|zapłacono gotówką|możliwy zwrot|do wyjaśnienia|błędny adres",
    ),
    _language(
        "Czech",
        "číslo|jméno a příjmení|město|ulice|zboží|poznámka|částka|den přijetí",
        "Jiří Dvořák|Tomáš Růžička|Kateřina Němcová|Zdeněk Čermák|Lukáš Kříž|Žofie Šťastná|Božena Křížová|Ondřej Bureš",
        "Plzeň|České Budějovice|Liberec-město|Hradec Králové|Ústí nad Labem|Třebíč|Děčín|Žďár nad Sázavou|Kroměříž",
        "Nádražní 5|Pražská třída 12|Náměstí Míru 1|Ke Křížku 8|Žižkova 31|Štefánikova 7|U Jezírka 14",
        "Knedlíky houskové|Šroub ocelový|Dětská židle|Čaj černý|Hřebíky|Kávovar|Řepa červená|Peřina",
        "zboží není skladem|zaplaceno předem|chybí část dodávky|vráceno příjemci|ověřit údaje|důležité|přístě včas",
    ),
    _language(
        "Hungarian",
        "sorszám|név|város|utca|termék megnevezése|megjegyzés|egységár|kelt időpont",
        "Szűcs Gergő|Kovács Ágnes|Tóth Győző|Nagy Éva|Szabó Jenő|Erdős Zoltán|Fekete Ödön|Fűzi Lőrinc|Kőműves Ildikó|Ürögi Írisz",
        "Győr|Pécs|Székesfehérvár|Gödöllő|Érd|Kecskemét|Nyíregyháza|Szentgotthárd|Mezőkövesd|Zalaegerszeg-Nyék",
        "Petőfi út 5|Kossuth Lajos tér 1|Erdősor utca 12|Fő utca 3|Árpád fejedelem útja 26|Rákóczi körút 8|Szőlő köz 4",
        "Fűszerpaprika|Töltött káposzta|Hűtőszekrény|Bőrönd|Gyümölcslé|Sütőtök|Tükör kerettel|Kötőgép",
        "szállítás késik|készpénzzel fizetve|raktáron van még öt|ellenőrizni kell|sérült áru|módosított tétel|jövő héten",
    ),
    _language(
        "Romanian",
        "număr|nume şi prenume|oraş|stradă|denumire|observaţii|preţ unitar|data livrării",
        "Ştefan Ionuţ|Mihăiţă Bălan|Ioana Crăciun|Răzvan Ţepeş|Ileana Pârvu|Gheorghiţă Mureşan|Cătălina Neagoş|Dănuţ Stănescu",
        "Bucureşti|Iaşi|Timişoara|Braşov|Constanţa|Ploieşti|Piteşti|Bistriţa|Târgu Mureş|Galaţi",
        "Strada Ştefan cel Mare 8|Calea Moşilor 12|Bulevardul Unirii, scară B|Piaţa Victoriei 1|Strada Brânduşelor 5",
        "Pâine neagră|Brânză de vaci|Maşină de spălat|Ceaşcă de cafea|Încălţăminte|Şurub|Lămâi",
        "livrat la timp|lipsă din stoc|plată în numerar|adresă greşită|comandă anulată|reţinut la vamă|aşteaptă confirmare",
    ),
    _language(
        "Croatian",
        "broj|ime i prezime|mjesto|ulica i kućni broj|naziv robe|bilješka|cijena|dan isporuke",
        "Željko Horvat|Ana Kovačević|Šime Babić|Đurđica Marić|Krešimir Jurić|Nikša Čović|Mladen Šarić|Zvonimir Žagar",
        "Varaždin|Šibenik|Požega|Đakovo|Čakovec|Križevci|Bjelovar|Poreč|Ivanić-Grad|Koprivnička Rijeka",
        "Vukovarska 5|Trg bana Jelačića 1|Šetalište 12|Mažuranićeva 8|Gajeva čtvrt 3|Ulica Đure Deželića 77|Žrtava rata 9",
        "Češnjak|Kiseli kupus, vreća|Košulja bijela|Žarulja štedna|Vijci čelični|Kuhinjski nož|Džem od šljiva",
        "plaćeno unaprijed|nedostaje dio pošiljke|čeka potvrdu|vraćeno pošiljatelju|već naručeno|oštećeno u prijevozu",
    ),
    _language(
        "Russian",
        "номер|фамилия и имя|город|улица|товар|примечание|цена|дата заказа",
        "Иванов Сергей|Смирнова Ольга|Кузнецов Алексей|Попова Наталья|Соловьёв Пётр|Щербаков Юрий|Жукова Анна|Фёдоров Игорь",
        "Москва|Санкт-Петербург|Новосибирск|Екатеринбург|Нижний Новгород|Казань|Челябинск|Омск|Уфа|Пермь",
        "ул. Ленина, д. 5|пр. Мира, 12|наб. Реки Мойки, 48|пер. Садовый, 3|ш. Энтузиастов, 31|ул. Чехова, 7",
        "Чайник электрический|Хлеб ржаной|Стол письменный|Молоко, 1 л|Куртка зимняя|Ключ гаечный|Лампа",
        "оплачено|нет на складе|доставка задержана|уточнить адрес|возврат товара|по просьбе клиента|ещё не отгружено",
    ),
    _language(
        "Ukrainian",
        "номер|прізвище|місто|вулиця|назва товару|примітка|ціна|дата замовлення",
        "Шевченко Оксана|Ковальчук Андрій|Бондаренко Юлія|Ткаченко Євген|Мельник Ірина|Гнатюк Їжак|Кравець Дмитро",
        "Київ|Львів|Харків|Одеса|Дніпро|Запоріжжя|Чернігів|Вінниця|Тернопіль|Миколаїв",
        "вул. Хрещатик, 5|просп. Перемоги, 12|бульв. Лесі Українки, 8|пл. Ринок, 1|вул. Січових Стрільців, 27",
        "Хліб житній|Олія соняшникова|Стілець дерев'яний|Шкіряні черевики|Цукор білий|Світильник|Вишиванка",
        "сплачено готівкою|немає на складі|очікує підтвердження|повернення товару|адресу змінено|ще не відправлено",
    ),
    _language(
        "Bulgarian",
        "номер|име и фамилия|град|улица|стока|забележка|цена|дата на поръчка",
        "Георги Димитров|Мария Стоянова|Иван Върбанов|Десислава Ангелова|Петър Цветков|Ъглена Желева|Кръстьо Щерев",
        "София|Пловдив|Варна|Бургас|Русе|Велико Търново|Стара Загора|Кърджали|Търговище|Шумен",
        "ул. Раковски 5|бул. Витоша 12|пл. Свобода 1|ул. Шипка 8|кв. Лозенец, бл. 31|ул. Цар Освободител 7",
        "Кисело мляко|Лютеница, буркан|Хладилник|Чушки червени|Вълнено одеяло|Ютия|Дъска за рязане",
        "платено в брой|няма на склад|чака потвърждение|върнато от клиента|сгрешен адрес|предстои изпращане",
    ),
    _language(
        "Greek",
        "αριθμός|όνομα|πόλη|διεύθυνση|προϊόν|παρατήρηση|τιμή|ημερομηνία",
        "Γιώργος Παπαδόπουλος|Μαρία Οικονόμου|Νίκος Βασιλείου|Ελένη Καραγιάννη|Ιωάννης Χριστοδούλου|Άννα Ψαρρού|Σοφία Ζέρβα",
        "Αθήνα|Θεσσαλονίκη|Πάτρα|Ηράκλειο|Λάρισα|Βόλος|Ιωάννινα|Χανιά|Ρόδος|Καλαμάτα",
        "Οδός Ερμού 5|Λεωφόρος Κηφισίας 12|Πλατεία Συντάγματος 1|Τσιμισκή 48|Ακτή Μιαούλη 7|Εθνικής Αντιστάσεως 30",
        "Ελαιόλαδο|Φέτα βαρελίσια|Καρέκλα ξύλινη|Ψυγείο|Μέλι θυμαρίσιο|Βιβλίο|Σαπούνι|Κλειδί",
        "πληρώθηκε|δεν υπάρχει στην αποθήκη|αναμένεται παραλαβή|λάθος διεύθυνση|επιστροφή|μόνο χονδρική|έτοιμο",
    ),
    _language(
        "Turkish",
        "sıra no|adı soyadı|şehir|açık adres|ürün adı|açıklama|birim fiyatı|tarih",
        "Ayşe Yılmaz|Mehmet Öztürk|Çağla Şahin|Gülşen Koç|İbrahim Doğan|Oğuz Işık|Büşra Güneş|Tuğba Çelik|Ümit Erdoğan",
        "İstanbul|İzmir|Eskişehir|Diyarbakır|Şanlıurfa|Muğla|Çorum|Kütahya|Nevşehir|Tekirdağ|Balıkesir",
        "Atatürk Caddesi 5|Bağdat Caddesi 120|Çınarlı Sokak 3|Cumhuriyet Mahallesi|İnönü Bulvarı 44|Gül Sokağı 8",
        "Çay bardağı|Zeytinyağı|Gömlek, kırmızı|Buzdolabı|Fındık kırığı|Ütü masası|Şekerlik|Peynir çeşidi",
        "ödeme yapıldı|stokta yok|sipariş iptal|müşteri aradı|yarın gönderilecek|değişim talebi|hasarlı ürün",
    ),
    _language(
        "Hebrew",
        "מספר|שם|עיר|כתובת|מוצר|הערה|מחיר|תאריך",
        "משה כהן|שרה לוי|דוד מזרחי|רחל פרץ|יוסף ביטון|אסתר אברהם|חיים פרידמן|נועה שפירא",
        "ירושלים|תל אביב|חיפה|באר שבע|נתניה|אשדוד|פתח תקווה|ראשון לציון|רחובות|צפת",
        "רחוב הרצל 5|שדרות רוטשילד 12|דרך יפו 48|רחוב ויצמן 3|כיכר המדינה 1|רחוב אלנבי 77",
        "לחם אחיד|שמן זית|כיסא עץ|מקרר|ספר לימוד|מנורה|מפתח ברגים|גבינה צהובה",
        "שולם במזומן|אין במלאי|ממתין לאישור|כתובת שגויה|הוחזר לשולח|לקוח חדש|נשלח אתמול",
    ),
    _language(
        "Arabic",
        "الرقم|الاسم|المدينة|العنوان|المنتج|ملاحظات|السعر|التاريخ",
        "محمد الأحمد|فاطمة حسن|عبد الله إبراهيم|سارة يوسف|خالد منصور|نور الدين|مريم عثمان|أحمد الخطيب",
        "القاهرة|الرياض|بغداد|دمشق|بيروت|الإسكندرية|جدة|عمان|الدار البيضاء|طرابلس|صنعاء",
        "شارع الملك فهد|شارع التحرير|حي النزهة|طريق المطار|ساحة الشهداء|شارع الحمراء",
        "خبز أبيض|زيت زيتون|كرسي خشبي|ثلاجة صغيرة|كتاب مدرسي|مصباح كهربائي|تمر",
        "تم الدفع|غير متوفر|في انتظار التأكيد|عنوان خاطئ|أعيد إلى المرسل|عميل جديد|سيصل غدا",
    ),
    _language(
        "Lithuanian",
        "numeris|vardas ir pavardė|miestas|gatvė|prekės pavadinimas|pastaba|kaina už vienetą|užsakymo data",
        "Žydrūnas Kazlauskas|Rūta Šimkutė|Mindaugas Čepaitis|Eglė Ąžuolaitė|Jūratė Petrauskienė|Šarūnas Žukauskas|Birutė Bagdonė",
        "Šiauliai|Panevėžys|Klaipėda|Mažeikiai|Telšiai|Radviliškis|Užpaliai|Rokiškis|Kėdainiai|Plungė",
        "Gedimino pr. 5, aukštas 2|Laisvės al. 12|Žemaitės g. 8|Šv. Jono gatvė 3|Pylimo g. 7, įėjimas iš kiemo|Ąžuolų g. 20",
        "Juoda duona|Sūris su kmynais|Medinė kėdė|Žalias puodelis|Šaldytuvas|Dėžė plytų|Bulvės, maišas",
        "sumokėta grynaisiais|nėra sandėlyje|laukiama patvirtinimo|grąžinta siuntėjui|neteisingas adresas, ištaisyti|jau išsiųsta",
    ),
    _language(
        "Latvian",
        "numurs|vārds un uzvārds|pilsēta|iela|preces nosaukums|piezīmes|cena ar atlaidi|pasūtījuma datums",
        "Jānis Bērziņš|Līga Kalniņa|Kārlis Ozoliņš|Žanete Šķēle|Pēteris Krūmiņš|Ņina Ābele|Uģis Vītols|Inese Ģērmane",
        "Rīga|Sēlpils|Liepāja|Jūrmala|Rēzekne|Jēkabpils|Cēsis|Kuldīga|Ķemeri|Vecpiebalga",
        "Brīvības iela 5|Kr. Barona iela 12, dzīvoklis 4|Čaka iela 8|Ķengaraga iela 3|Mālpils šoseja 9|Dārzu iela 20",
        "Rupjmaize ar ķimenēm|Piena pudele, mazā|Koka krēsls|Ūdens filtrs|Zāles pļāvējs|Sviests, sāļš|Šķīvis",
        "samaksāts skaidrā naudā|nav noliktavā, gaidīt mēnesi|jāpārbauda adrese|atgriezts sūtītājam|pasūtījums atcelts šodien",
    ),
    _language(
        "Thai",
        "ลำดับ|ชื่อ|เมือง|ที่อยู่|สินค้า|หมายเหตุ|ราคา|วันที่",
        "สมชาย ใจดี|สมหญิง รักเรียน|ประเสริฐ ทองคำ|วิภา ศรีสุข|อนุชา บุญมี|กมลวรรณ แสงจันทร์|ธนพล วงศ์ใหญ่",
        "กรุงเทพมหานคร|เชียงใหม่|ขอนแก่น|ภูเก็ต|นครราชสีมา|ชลบุรี|สงขลา|อุดรธานี",
        "ถนนสุขุมวิท 5|ซอยอารีย์ 12|ถนนเจริญกรุง 48|หมู่บ้านสวนหลวง|ถนนพระราม 9|ตำบลบางรัก",
        "ข้าวหอมมะลิ|น้ำปลา|เก้าอี้ไม้|ตู้เย็น|หนังสือเรียน|หลอดไฟ|เสื้อผ้าฝ้าย",
        "ชำระเงินแล้ว|สินค้าหมด|รอการยืนยัน|ที่อยู่ไม่ถูกต้อง|ส่งคืน|ลูกค้าใหม่|จัดส่งพรุ่งนี้",
    ),
    _language(
        "Japanese",
        "番号|氏名|都市|住所|商品名|備考|価格|日付",
        "佐藤健一|鈴木美咲|高橋大輔|田中由美子|渡辺直樹|伊藤さくら|山本翔太|中村あゆみ|小林誠|加藤まり子",
        "東京都|大阪市|名古屋市|札幌市|福岡市|横浜市|京都市|仙台市|広島市|那覇市",
        "千代田区丸の内1丁目|中央区銀座4-5|北区梅田3-1|中区栄2丁目|博多区博多駅前2|港区赤坂9-7",
        "コーヒー豆|ノートパソコン|緑茶パック|折りたたみ椅子|電球セット|りんごジュース|タオル",
        "在庫なし|支払い済み|配送が遅れています|住所を確認してください|返品可能|新しいお客様|明日発送します",
    ),
    _language(
        "Chinese",
        "编号|姓名|城市|地址|产品名称|备注|价格|日期",
        "王伟|李娜|张建国|刘洋|陈静|杨晓明|赵丽华|黄志强|周杰|吴敏",
        "北京|上海|广州|深圳|成都|武汉|西安|重庆|南京|杭州|哈尔滨",
        "朝阳区建国路88号|浦东新区世纪大道1号|天河区体育西路|中山大道12号|解放路5号院|人民南路三段",
        "绿茶|笔记本电脑|办公椅|洗衣粉|不锈钢水杯|儿童图书|台灯|苹果汁",
        "已付款|暂时缺货|等待确认|地址有误|客户要求退货|明天发货|质量很好|请尽快处理",
    ),
    _language(
        "Taiwanese",
        "編號|姓名|城市|地址|產品名稱|備註|價格|日期",
        "陳志明|林淑芬|黃俊傑|張雅婷|李宗翰|王美玲|吳建宏|劉怡君|蔡佳穎|許文龍",
        "臺北市|新北市|桃園市|臺中市|臺南市|高雄市|基隆市|新竹市|嘉義市|花蓮縣",
        "中正區忠孝東路一段|信義路五段7號|中山北路二段|民生東路三段|復興南路88號|文化路12巷",
        "烏龍茶|筆記型電腦|辦公椅|洗衣精|保溫杯|兒童圖書|檯燈|鳳梨酥禮盒",
        "已付款|暫時缺貨|等待確認|地址有誤|客戶要求退貨|明天出貨|品質很好|請儘快處理",
    ),
    _language(
        "Korean",
        "번호|이름|도시|주소|상품명|비고|가격|날짜",
        "김민수|이영희|박지훈|최수진|정현우|강미경|조성민|윤서연|장동건|임하늘",
        "서울특별시|부산광역시|대구|인천|광주|대전|울산|수원시|제주도|전주시",
        "강남구 테헤란로 12|종로구 세종대로 1|해운대구 우동|중구 을지로 5가|마포구 월드컵로|서초구 반포동",
        "녹차 선물세트|노트북 컴퓨터|사무용 의자|세탁 세제|보온병|어린이 도서|김치 한 상자|형광등",
        "결제 완료|재고 없음|확인 대기 중|주소 오류|반품 요청|새 고객입니다|내일 발송 예정|빨리 처리해 주세요",
    ),
)
