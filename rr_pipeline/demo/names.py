"""Names of people for the demo exports, by language group, in their own alphabets.

Belongs here: first and last names and how they are spelt in an e-mail address. Does not belong here: who lives
where (``places``) or who works where (``companies``). Every pairing of a first and a last name is made up.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

# One line for first names, one for last names. "native=latin" where the alphabet is not Latin; "_" stands for a space.
_GROUPS: dict[str, tuple[str, str]] = {
    "no": (
        "Kari Ola Ingrid Lars Sølvi Bjørn Åse Håkon Marit Øyvind Silje Torbjørn Gunnhild Eirik Ragnhild Anne-Lise Jørgen "
        "Maja Sindre Hedda Kjell Tuva Trygve Wenche",
        "Hansen Nordli Bjørklund Ødegård Solheim Lunde Sætre Haugen Berg Myhre Tveit Kvåle Strand Fjeldstad Aas Moen "
        "Dahl Rønning Engebretsen Holt Vik Østby Skaar Grønvold",
    ),
    "sv": (
        "Astrid Björn Elsa Göran Linnéa Måns Åsa Sven Maja Östen Ebba Nils Saga Håkan Karin Per-Olof Tuva Lennart Moa "
        "Anders Signe Viktor Hjördis Emil",
        "Lindqvist Åkesson Sjöberg Nyström Ekström Wallin Bergström Hägg Öberg Sandell Holmgren Löfgren Norén Dahlgren "
        "Fredriksson Nordin Hedlund Åström Palmgren Lundin Ståhl Viklund Ceder Rosén",
    ),
    "da": (
        "Mette Søren Freja Jørgen Kirsten Bo Åse Rasmus Signe Thorbjørn Line Mads Karen Niels Dorthe Asger Pia Lærke "
        "Frederik Birgitte Poul Sofie Anders Gry",
        "Sørensen Kjær Nørgaard Møller Østergaard Lund Bæk Holm Skov Toft Krogh Vestergaard Bruun Damgaard Friis Gade "
        "Højgaard Iversen Juhl Lauritsen Mørch Ravn Thygesen Winther",
    ),
    "fi": (
        "Aino Väinö Päivi Jussi Tuulikki Eero Sirpa Mikko Kaisa Antti Ylva Juhani Helmi Pekka Riitta Oskari Leena Tapio "
        "Sanna Ilmari Marjatta Ville Outi Kalle",
        "Korhonen Mäkelä Hämäläinen Niemi Järvinen Lehtonen Saarinen Ylönen Kettunen Räsänen Tuominen Vainio Laaksonen "
        "Pöyry Salmi Koskela Heikkilä Ahonen Rantala Sillanpää Peltola Uusitalo Jokinen Harju",
    ),
    "de": (
        "Jürgen Anneliese Götz Heike Klaus-Peter Ursula Jörg Bärbel Matthias Käthe Sebastian Lieselotte Günther Petra "
        "Björn Änne Wolfgang Sabine Rüdiger Monika Tobias Gisela Lukas Frauke",
        "Müller Schäfer Weiß Großmann Krüger Lehmann Vogt Bäcker Jäger Hübner Roth Brückner Seidel Thiel Zöllner "
        "Kästner Pohl Lindner Baumgärtner Voß Heinrich Übelacker Franke von_Thal",
    ),
    "en": (
        "Olivia James Siobhan Gareth Priscilla Callum Beatrice Duncan Moira Trevor Harriet Nigel Rowan Clementine Douglas "
        "Fiona Leonard Maeve Rupert Tamsin Wesley Imogen Jack Abigail",
        "Ashworth O'Brien Blackwood Carmichael Dunmore Ellery Fairbanks Goodwin Hargreaves Ingleby Jarrett Kettering "
        "Longfellow McAllister Norwood Oakes Pemberton Quigley Ravenscroft Smythe-Jones Thackeray Underhill Whitlock Yardley",
    ),
    "fr": (
        "Élodie François Hélène Jérôme Anaïs Benoît Chloé Gaël Maëlys Rémi Noémie Loïc Zoé Étienne Léa Jean-Luc Océane "
        "Théo Aurélie Gérard Inès Thibault Sophie André",
        "Lefèvre Béranger Deschamps Gauthier Côté Marchand d'Aubigny Delacroix Fournier Hébert Lacaze Moreau Noël Pelletier "
        "Quénard Rousselet Saint-Clair Thévenet Vasseur Bréchet Chauvin Dupré Girard Perrault",
    ),
    "nl": (
        "Sanne Joost Marijke Pieter Liesbeth Maarten Fleur Bram Anouk Daan Noortje Sjoerd Tess Wouter Hanneke Jeroen Lotte "
        "Gijs Renée Thijs Femke Koen Ilse Ruben",
        "de_Vries van_den_Berg Jansen Bakker Visser Smit Mulder Bos Vos Hendriks van_Leeuwen Dekker Brouwer de_Wit Dijkstra "
        "Kuipers Veenstra Koster Willems Hoekstra Postma Schouten Timmer Zijlstra",
    ),
    "es": (
        "María José Begoña Íñigo Lucía Andrés Concepción Joaquín Nuria Álvaro Inés Ramón Belén Tomás Ángela Martín Rocío "
        "Raúl Sofía Óscar Pilar Víctor Elena Jesús",
        "García_Núñez Ibáñez López Muñoz Peña Ordóñez Castaño Vázquez Gutiérrez Sáenz Quiñones Rincón Alarcón Bermúdez "
        "Cortés Domínguez Escudero Fuentes Hidalgo Lorenzo Montañés Pastor Rey Zúñiga",
    ),
    "it": (
        "Giulia Niccolò Chiara Alessandro Benedetta Matteo Ludovica Giosuè Francesca Davide Ilaria Lorenzo Martina Fabrizio "
        "Serena Ugo Caterina Raffaele Noemi Tommaso Bianca Enzo Viola Pietro",
        "Bianchi Colò D'Amico Esposito Ferrari Gallo Lombardi Marchetti Niccolai Orlando Pellegrini Ricci Santoro Testa "
        "Valentini Zanetti Barbieri Caputo De_Luca Fabbri Grasso Leone Monti Rinaldi",
    ),
    "pt": (
        "João Inês Antônio Conceição Luís Graça Gonçalo Beatriz Tomé Margarida Estêvão Leonor Simão Joana Duarte Catarina "
        "Rui Filipa Nuno Teresa Vasco Sílvia André Mafalda",
        "Gonçalves Conceição Araújo Magalhães Simões Brandão Falcão Guimarães Leitão Moniz Pacheco Queirós Rebelo Sequeira "
        "Teixeira Valadão Abrantes Barreto Cabral Dias Esteves Furtado Lourenço Mourão",
    ),
    "pl": (
        "Łukasz Małgorzata Paweł Żaneta Michał Bożena Grażyna Wojciech Agnieszka Stanisław Elżbieta Krzysztof Zofia Jędrzej "
        "Kasia Mirosław Danuta Tadeusz Halina Błażej Renata Marek Iwona Adam",
        "Wiśniewski Dąbrowska Kamiński Żak Wójcik Szymańska Krawczyk Głowacki Zając Piętka Sęk Kołodziej Maćkowiak Nowicka "
        "Pająk Rudź Stępień Urbańska Włodarczyk Zięba Bąk Cieślak Gąsior Jaśkowiak",
    ),
    "el": (
        "Ελένη=Eleni Γιώργος=Giorgos Μαρία=Maria Δημήτρης=Dimitris Κατερίνα=Katerina Νίκος=Nikos Σοφία=Sofia Κώστας=Kostas "
        "Αγγελική=Angeliki Θανάσης=Thanasis Ιωάννα=Ioanna Σπύρος=Spyros Χρύσα=Chrysa Άρης=Aris",
        "Παπαδάκης=Papadakis Νικολάου=Nikolaou Γεωργίου=Georgiou Αλεξίου=Alexiou Βλάχος=Vlachos Δήμου=Dimou Ζάχος=Zachos "
        "Καραγιάννη=Karagianni Λάμπρου=Lambrou Μακρής=Makris Οικονόμου=Oikonomou Ρήγας=Rigas Σταύρου=Stavrou Φωτίου=Fotiou",
    ),
    "uk": (
        "Олена=Olena Тарас=Taras Ірина=Iryna Богдан=Bohdan Наталія=Nataliia Юрій=Yurii Оксана=Oksana Андрій=Andrii Софія=Sofiia "
        "Остап=Ostap Галина=Halyna Максим=Maksym Леся=Lesia Назар=Nazar",
        "Коваленко=Kovalenko Шевчук=Shevchuk Бондар=Bondar Ткачук=Tkachuk Мельник=Melnyk Гончар=Honchar Лисенко=Lysenko "
        "Мороз=Moroz Савчук=Savchuk Поліщук=Polishchuk Іваненко=Ivanenko Чорновіл=Chornovil Яремчук=Yaremchuk Щербак=Shcherbak",
    ),
    "ja": (
        "花子=Hanako 太郎=Taro さくら=Sakura 健一=Kenichi 美咲=Misaki 大輔=Daisuke 陽子=Yoko 翔太=Shota 真由美=Mayumi 直樹=Naoki "
        "ひかり=Hikari 誠=Makoto ケンジ=Kenji 優奈=Yuna",
        "佐藤=Sato 鈴木=Suzuki 高橋=Takahashi 田中=Tanaka 渡辺=Watanabe 山本=Yamamoto 中村=Nakamura 小林=Kobayashi 加藤=Kato "
        "吉田=Yoshida 山田=Yamada 松本=Matsumoto 井上=Inoue 清水=Shimizu",
    ),
    "hi": (
        "अनन्या=Ananya अर्जुन=Arjun दीपा=Deepa ईशान=Ishaan कविता=Kavita रोहन=Rohan मीरा=Meera विक्रम=Vikram नेहा=Neha संजय=Sanjay "
        "पूजा=Pooja राहुल=Rahul लक्ष्मी=Lakshmi अमित=Amit",
        "शर्मा=Sharma गुप्ता=Gupta पटेल=Patel वर्मा=Verma राव=Rao मेहता=Mehta जोशी=Joshi नायर=Nair सिंह=Singh देसाई=Desai "
        "कपूर=Kapoor भट्ट=Bhatt चौधरी=Chaudhary मिश्रा=Mishra",
    ),
    "zh": (
        "伟=Wei 芳=Fang 秀英=Xiuying 敏=Min 静=Jing 磊=Lei 军=Jun 洋=Yang 艳=Yan 涛=Tao 明=Ming 超=Chao 丽华=Lihua 文博=Wenbo",
        "王=Wang 李=Li 张=Zhang 刘=Liu 陈=Chen 杨=Yang 黄=Huang 赵=Zhao 吴=Wu 周=Zhou 徐=Xu 孙=Sun 马=Ma 林=Lin",
    ),
}
# Letters that Unicode does not take apart into a base letter and a mark.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "đ": "d", "œ": "oe", "ð": "d", "þ": "th"})


def plain(text: str) -> str:
    """Return ``text`` in the letters a-z, digits and hyphens: what an address or a domain is made of."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(_PLAIN))
    kept = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9-]", "", kept.replace(" ", "-")).strip("-")


@dataclass(frozen=True)
class NameTable:
    """All names of one kind in one list; a group is a slice of it.

    ``native`` is the own spelling, ``latin`` a Latin one, ``local`` what stands in an e-mail address.
    ``offsets[g]`` and ``sizes[g]`` are the slice of group ``g`` (position in ``GROUPS``).
    """

    native: tuple[str, ...]
    latin: tuple[str, ...]
    local: tuple[str, ...]
    offsets: tuple[int, ...]
    sizes: tuple[int, ...]


GROUPS: tuple[str, ...] = tuple(_GROUPS)


@cache
def name_tables() -> tuple[NameTable, NameTable]:
    """Return the tables of first and of last names."""
    return _table(0), _table(1)


def _table(which: int) -> NameTable:
    native: list[str] = []
    latin: list[str] = []
    offsets: list[int] = []
    sizes: list[int] = []
    for lists in _GROUPS.values():
        words = [word.replace("_", " ").partition("=") for word in lists[which].split()]
        offsets.append(len(native))
        sizes.append(len(words))
        native += [own for own, _, _ in words]
        latin += [other or own for own, _, other in words]
    return NameTable(tuple(native), tuple(latin), tuple(plain(word) for word in latin), tuple(offsets), tuple(sizes))
