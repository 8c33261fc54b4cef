//! About us and about privacy, in German.

use crate::words::Section;

pub(in crate::words) const ABOUT: Section = Section {
    title: "Über tempalias",
    text: &[
        "Ein Laden will deine Adresse für eine Lieferung, ein Forum für einen Brief. Danach behalten sie sie jahrelang, verkaufen oder verlieren sie. Ein Alias von hier erreicht dich so lange, wie du willst, und nicht länger.",
    ],
};

pub(in crate::words) const ABOUT_PARTS: [Section; 4] = [
    Section {
        title: "So geht es",
        text: &[
            "Du nennst deine echte Adresse und eine Grenze: so viele Tage, so viele Nachrichten oder beides. Du bekommst einen Alias und gibst den heraus.",
            "Kommt Post für den Alias, dann verbinden wir uns mit deinem Mailserver, während der Absender noch wartet, und reichen die Nachricht durch, so wie sie kommt. Dass sie zugestellt ist, hört der Absender erst, wenn dein Mailserver es gesagt hat.",
            "Nach der Grenze wird der Alias abgewiesen. Unbekannt, abgelaufen, aufgebraucht oder pausiert: Von außen sieht alles gleich aus.",
        ],
    },
    Section {
        title: "Darauf kannst du dich verlassen",
        text: &[
            "Ein Alias für fünf Nachrichten stellt fünf zu und nicht sechs. Eine Nachricht, die nicht zugestellt wurde, kostet nichts.",
            "Keine Post geht verloren. Ist dein Mailserver weg, dann hört der Absender, dass er es später noch einmal versuchen soll.",
            "Deine Adresse bleibt verborgen: Keine Antwort von uns und keine Rückläufer zeigen sie dem Absender.",
        ],
    },
    Section {
        title: "Was es nicht ist",
        text: &[
            "Vom Alias aus antworten kannst du nicht: Deine Antwort geht wie immer von deiner eigenen Adresse ab.",
            "Es ist kein Postfach. Was kommt, geht unverändert weiter, auch Spam; sortieren muss dein eigener Mailserver.",
            "Für etwas, das du jahrelang behalten willst, passt ein Aliasdienst mit Konto besser.",
        ],
    },
    Section {
        title: "Selbst betreiben",
        text: &[
            "tempalias ist freie Software: ein Dienst, keine Datenbank, keine Warteschlange. Wer eine Domain und einen Mailserver hat, kann dasselbe anbieten.",
        ],
    },
];

pub(in crate::words) const PRIVACY: Section = Section {
    title: "Datenschutz",
    text: &["Am besten hütet deine Adresse, wer sie nicht lesen kann. Das hier bewahren wir auf, und so lange."],
};

pub(in crate::words) const PRIVACY_PARTS: [Section; 7] = [
    Section {
        title: "Was ein Alias hier hinterlässt",
        text: &[
            "Einen Hash des Alias unter einem geheimen Schlüssel, anstelle des Alias selbst.",
            "Deine Adresse, versiegelt: Der Schlüssel dazu entsteht aus unserem Serverschlüssel und dem Alias. Nur Post an den Alias oder dein privater Link bringt ihn zurück.",
            "Seine Grenzen, und wie viele Nachrichten er zugestellt hat.",
            "Einen Hash des Schlüssels in deinem privaten Link, und einen Hash deiner Adresse unter einem geheimen Schlüssel: So können wir die Aliasse einer Adresse zählen und begrenzen, ohne sie zu kennen.",
        ],
    },
    Section {
        title: "Wie lange",
        text: &[
            "Bis der Alias endet; dann wird alles gelöscht. Ein Alias, der seine Nachrichten aufgebraucht hat, bleibt höchstens eine Woche länger, damit du ihn noch verlängern kannst.",
            "Beendest du ihn selbst, wird er sofort gelöscht.",
            "Einen Tag lang: Hashes unter einem geheimen Schlüssel, mit denen wir die Aliasse und Briefe einer Adresse zählen und eine Anfrage wiedererkennen, die ein Programm zweimal schickt.",
        ],
    },
    Section {
        title: "Warum wir Aliasse nicht auflisten können",
        text: &[
            "Was wir speichern, enthält weder Aliasse noch Adressen im Klartext. Wer es mitnimmt, mit oder ohne unsere Hilfe, kann nicht sagen, wessen Aliasse es gibt und wohin sie führen. Wir könnten es auch nicht.",
            "Der Prozess, der dem Internet zuhört, kennt nie die Adresse hinter einer Nachricht, und kein Prozess hat einen Weg, nach allen zu fragen.",
        ],
    },
    Section {
        title: "Deine Post",
        text: &[
            "Kein Teil einer Nachricht wird je auf eine Platte geschrieben. Sie geht Stück für Stück durch den Arbeitsspeicher zu deinem Mailserver.",
        ],
    },
    Section {
        title: "Was im Protokoll steht",
        text: &[
            "Für jede Nachricht: die Zeit, die Netzwerkadresse des Mailservers, der sie schickt, ihre Größe, die Zahl der Empfänger und ob sie angenommen wurde. Nie ein Alias, nie eine Adresse, nie ein Betreff.",
            "Was auf dieser Website geschieht, wird gezählt, nicht protokolliert. Damit uns niemand überschwemmt, merken wir uns eine kurze Zeit lang, wie viele Aliasse von einer Netzwerkadresse kommen.",
        ],
    },
    Section {
        title: "Diese Website",
        text: &[
            "Keine Cookies, nichts von anderen Websites, niemand, der mitzählt. Angaben bleiben nur dann in deinem Browser, wenn du das Häkchen dafür setzt.",
            "Tokens, wie Passwortmanager sie benutzen, speichern wir gar nicht: Deine Adresse und die Grenzen stecken versiegelt im Token selbst. Nur wenn du ein Token widerrufst, behalten wir seine Nummer, bis es ohnehin abgelaufen wäre.",
        ],
    },
    Section {
        title: "Wenn du das alles nicht willst",
        text: &[
            "Jeder kann deine Adresse eintippen. Wenn du keine Aliasse dafür willst, [sag es uns](/opt-out): Dann behalten wir einen Hash davon unter einem geheimen Schlüssel, nur um abzulehnen, bis du es dir anders überlegst.",
        ],
    },
];
