//! About us and about privacy, in German.

use crate::words::Section;

pub(in crate::words) const ABOUT: Section = Section {
    title: "Über tempalias",
    text: &[
        "Ein Shop will deine Adresse für eine Lieferung, ein Forum für eine einzige E-Mail. Danach behalten sie die Adresse jahrelang, verkaufen oder verlieren sie. Ein Alias von dieser Website erreicht dich so lange, wie du willst, und nicht länger.",
    ],
};

pub(in crate::words) const ABOUT_PARTS: [Section; 4] = [
    Section {
        title: "So funktioniert es",
        text: &[
            "Du gibst deine echte Adresse und eine Grenze ein: eine Anzahl von Tagen, eine Anzahl von Nachrichten oder beides. Du bekommst einen Alias und gibst ihn an andere weiter.",
            "Wenn eine E-Mail für den Alias ankommt, verbinden wir uns mit dem nächsten Mailserver, während der Absender noch wartet, und reichen die Nachricht Stück für Stück weiter. Wir melden dem Absender erst dann, dass die Nachricht angenommen wurde, wenn dieser Server sie angenommen hat.",
            "Nach der Grenze weisen wir E-Mails an den Alias ab. Ob ein Alias unbekannt, abgelaufen, aufgebraucht oder pausiert ist, sieht von außen gleich aus.",
        ],
    },
    Section {
        title: "Darauf kannst du dich verlassen",
        text: &[
            "Ein Alias für fünf Nachrichten reicht fünf weiter und nicht sechs. Eine Nachricht, die abgewiesen wurde, zählt nicht.",
            "Hier geht keine E-Mail verloren. Wenn der nächste Mailserver nicht erreichbar ist, bitten wir den Absender, es später noch einmal zu versuchen.",
            "Deine Adresse bleibt verborgen. Wir nennen sie dem Absender nie.",
        ],
    },
    Section {
        title: "Was es nicht ist",
        text: &[
            "Du kannst nicht vom Alias aus antworten. Deine Antwort geht von deiner eigenen Adresse ab.",
            "Es ist kein Postfach. Wir reichen alle E-Mails unverändert weiter, auch Spam. Filtern muss dein eigener Mailserver.",
            "Es ist nicht für Adressen gedacht, die du jahrelang behalten willst. Dafür ist ein Aliasdienst mit Konto besser.",
        ],
    },
    Section {
        title: "Selbst betreiben",
        text: &[
            "tempalias ist freie Software: ein Daemon, keine Datenbank, keine Warteschlange. Wer eine Domain und einen Mailserver hat, kann es selbst betreiben.",
        ],
    },
];

pub(in crate::words) const PRIVACY: Section = Section {
    title: "Datenschutz",
    text: &[
        "Deine Adresse ist am besten geschützt, wenn wir sie selbst nicht lesen können. Auf dieser Seite steht, was wir speichern und wie lange.",
    ],
};

pub(in crate::words) const PRIVACY_PARTS: [Section; 7] = [
    Section {
        title: "Was wir für einen Alias speichern",
        text: &[
            "Einen mit einem geheimen Schlüssel gebildeten Hash des Alias, anstelle des Alias selbst.",
            "Deine Adresse, verschlüsselt. Der Schlüssel dazu entsteht aus unserem Serverschlüssel und dem Alias. Wir können sie nur entschlüsseln, wenn eine E-Mail an den Alias ankommt oder du deinen privaten Link benutzt.",
            "Seine Grenzen, und wie viele Nachrichten über ihn zugestellt wurden.",
            "Einen Hash des Schlüssels in deinem privaten Link, und einen mit einem geheimen Schlüssel gebildeten Hash deiner Adresse. Damit zählen und begrenzen wir die Aliasse einer Adresse, ohne die Adresse zu kennen.",
        ],
    },
    Section {
        title: "Wie lange",
        text: &[
            "Bis der Alias endet; dann löschen wir alles. Wenn ein Alias seine Nachrichten aufgebraucht hat, behalten wir ihn noch höchstens eine Woche, damit du ihn verlängern kannst.",
            "Wenn du den Alias selbst beendest, löschen wir ihn sofort.",
            "Einen Tag lang speichern wir mit einem geheimen Schlüssel gebildete Hashes. Damit zählen wir die Aliasse für eine Adresse und unsere E-Mails an sie und erkennen eine Anfrage wieder, die ein Programm zweimal schickt.",
        ],
    },
    Section {
        title: "Warum wir Aliasse nicht auflisten können",
        text: &[
            "Wir speichern weder Aliasse noch Adressen im Klartext. Wer unsere Daten kopiert, mit oder ohne unsere Hilfe, kann nicht herausfinden, welche Aliasse es gibt und wohin sie führen. Wir können es auch nicht.",
            "Der Prozess, der E-Mails aus dem Internet annimmt, kennt nie die Adresse hinter einem Alias. Kein Prozess kann eine Liste der Adressen abrufen.",
        ],
    },
    Section {
        title: "Deine E-Mails",
        text: &[
            "Wir schreiben keinen Teil einer Nachricht auf eine Festplatte. Sie geht Stück für Stück durch den Arbeitsspeicher zum nächsten Mailserver.",
            "Das ist der Server, den der Betreiber dieser Website für ausgehende E-Mails gewählt hat. Wenn dieser Server E-Mails vor der Zustellung in eine Warteschlange stellt, speichert er die Nachricht so lange, und sein Protokoll enthält deine Adresse.",
        ],
    },
    Section {
        title: "Was unser Protokoll enthält",
        text: &[
            "Für jede Nachricht: die Zeit, die Netzwerkadresse des Mailservers, der sie geschickt hat, ihre Größe, die Zahl der Empfänger und ob sie angenommen wurde. Es enthält keinen Alias, keine E-Mail-Adresse und keinen Betreff.",
            "Was Besucher auf dieser Website tun, zählen wir, protokollieren es aber nicht. Um Missbrauch zu verhindern, merken wir uns etwa eine Stunde lang, wie viele Aliasse von einer Netzwerkadresse aus angelegt wurden.",
        ],
    },
    Section {
        title: "Diese Website",
        text: &[
            "Diese Website verwendet keine Cookies, lädt nichts von anderen Websites und enthält keine Tracker. Sie speichert Angaben nur dann in deinem Browser, wenn du das Häkchen dafür setzt.",
            "Wir speichern die Tokens nicht, die Passwortmanager benutzen. Deine Adresse und die Grenzen stehen verschlüsselt im Token selbst. Wenn du ein Token widerrufst, speichern wir einen Hash seiner Nummer, bis es ohnehin abgelaufen wäre.",
        ],
    },
    Section {
        title: "Wenn du das nicht willst",
        text: &[
            "Jeder kann deine Adresse eingeben. Wenn du keine Aliasse für sie willst, [sag es uns](/opt-out). Wir speichern dann einen mit einem geheimen Schlüssel gebildeten Hash deiner Adresse, nur um Aliasse für sie abzulehnen, bis du es dir anders überlegst.",
        ],
    },
];
