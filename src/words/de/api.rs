//! The documentation of the API in German.

use crate::words::texts::entry;
use crate::words::{Api, Section};

pub(in crate::words) const API: Api = Api {
    title: "API",
    lead: "Ein Aufruf legt einen Alias an. Du brauchst kein Konto und keinen Schlüssel.",
    contents: "Auf dieser Seite",
    request: "Anfrage",
    answer: "Antwort",
    fields: "Felder",
    headers: "Kopfzeilen",
    members: "Felder der Antwort",
    errors_table: "Fehler",
    start: Section {
        title: "Grundlagen",
        text: &[
            "Anfragen enthalten JSON oder ein Formular; Antworten sind JSON in UTF-8. Zeiten sind in UTC. Antworten verwenden RFC 3339; Anfragen dürfen RFC 3339, ein Datum wie `2027-01-31` oder Unix-Sekunden verwenden. Ein Datum steht für den ganzen Tag.",
            "Der Inhalt einer Anfrage hat höchstens 1024 Oktette (bei Passwortmanagern 16 KiB). Eine maschinenlesbare Beschreibung steht unter [/openapi.json](/openapi.json).",
        ],
    },
    make: Section {
        title: "Einen Alias anlegen",
        text: &[
            "Mindestens eine Grenze ist nötig: ein Ende oder eine Anzahl von Nachrichten. Wenn du beides angibst, endet der Alias mit dem, was zuerst eintritt.",
            "Ein Name, der hier nicht steht, wird mit `400` abgelehnt: Eine falsch geschriebene Grenze wäre keine.",
        ],
    },
    make_fields: [
        entry("target", "Deine echte Adresse. Erforderlich, wenn du kein Token vorlegst."),
        entry("days", "Wie viele Tage der Alias gültig ist, ab jetzt oder ab `valid-from`. Eine ganze Zahl."),
        entry("max-usage", "Die Höchstzahl an Nachrichten. Du kannst auch `max_usage` schreiben."),
        entry("valid-from", "Ab wann der Alias gültig ist."),
        entry("valid-until", "Wann der Alias endet; anstelle von `days`."),
        entry("domain", "Eine unserer Domains. Ohne Angabe die erste."),
        entry("count", "Wie viele Aliasse, von 1 bis 20. Die Antwort ist dann eine Liste."),
    ],
    make_headers: [
        entry(
            "Authorization",
            "`Bearer TOKEN` anstelle von `target`. Es gelten die Grenzen des Tokens, und der Inhalt darf leer sein.",
        ),
        entry(
            "Idempotency-Key",
            "16 bis 255 druckbare ASCII-Zeichen, die du für diese Anfrage wählst. Mindestens einen Tag lang bekommt dieselbe Anfrage mit demselben Schlüssel dieselbe Antwort. Halte den Schlüssel geheim.",
        ),
    ],
    make_members: [
        entry("aid", "Bezeichnet den Alias in den Aufrufen weiter unten."),
        entry("address", "Der Alias selbst."),
        entry("target", "Wie angegeben; `null`, wenn du ein Token vorgelegt hast."),
        entry("valid_from", "Ab wann der Alias gültig ist, oder `null`."),
        entry("valid_until", "Wann der Alias endet, oder `null`."),
        entry("expires_at", "Dasselbe wie `valid_until`."),
        entry("max_usage", "Die Höchstzahl an Nachrichten, oder `null`."),
        entry("used", "Bisher zugestellte Nachrichten."),
        entry("remaining", "Verbleibende Nachrichten, oder `null`."),
        entry("paused", "Ob der Alias pausiert ist."),
        entry(
            "confirmed",
            "`false`, bis das Ziel mit dem Link in unserer E-Mail bestätigt hat, falls diese Website das verlangt.",
        ),
        entry("days", "Wie angegeben, oder `null`."),
        entry("currentDate", "Die Zeit nach unserer Uhr."),
        entry("manage_url", "Der private Link, für Menschen."),
        entry("updatekey", "Der Verwaltungsschlüssel, für Programme. Wir zeigen ihn nur einmal."),
    ],
    many: Section {
        title: "Mehrere auf einmal",
        text: &[
            "Mit `count` ist die Antwort eine Liste, auch wenn `count` 1 ist. Entweder werden alle Aliasse angelegt oder keiner. `Location` fehlt.",
        ],
    },
    inspect: Section {
        title: "Einen Alias ansehen",
        text: &[
            "Die folgenden Aufrufe brauchen den Verwaltungsschlüssel als Bearer-Token. GET ändert nie etwas. Die Antwort hat die Felder von oben, ohne `target`, `days`, `manage_url` und `updatekey`.",
        ],
    },
    change: Section {
        title: "Einen Alias ändern",
        text: &["Felder, die du weglässt, bleiben unverändert. Die Antwort ist der Alias nach der Änderung."],
    },
    change_fields: [
        entry("days", "Ein neues Ende, als Anzahl von Tagen ab jetzt."),
        entry("valid-until", "Ein neues Ende, als Zeit."),
        entry("max-usage", "Die neue Gesamtzahl an Nachrichten, einschließlich der schon zugestellten."),
        entry("paused", "`true` oder `false`."),
    ],
    end: Section { title: "Einen Alias beenden", text: &["Sofort und endgültig. Die Antwort ist `204` ohne Inhalt."] },
    token: Section {
        title: "Ein Token erstellen",
        text: &[
            "Ein Token enthält ein Ziel und Grenzen, verschlüsselt. Damit kann ein Programm Aliasse anlegen, ohne die Adresse zu sehen. Wir speichern es nicht.",
            "Wenn diese Website das Ziel um Bestätigung bittet, ist die Antwort `202` und `token` ist `null`. Der Link in unserer E-Mail führt dann zum Token.",
        ],
    },
    token_fields: [
        entry("target", "Deine echte Adresse. Erforderlich."),
        entry("days", "Grenze für jeden Alias."),
        entry("max-usage", "Grenze für jeden Alias."),
        entry("domain", "Die Domain seiner Aliasse."),
    ],
    token_use: Section { title: "Ein Token benutzen", text: &["Der Inhalt darf leer sein."] },
    token_end: Section {
        title: "Ein Token widerrufen",
        text: &["Es legt keine Aliasse mehr an. Vorhandene Aliasse bleiben gültig. Die Antwort ist `204` ohne Inhalt."],
    },
    managers: Section {
        title: "Passwortmanager",
        text: &[
            "Programme, die ein selbst gehostetes addy.io oder SimpleLogin unterstützen, funktionieren unverändert, mit einem Token als Schlüssel. Ein Schrägstrich am Ende des Pfads oder zwei am Anfang machen keinen Unterschied. Wir leiten nie um.",
            "`domain` und `hostname` sind optional. `403` heißt, dass die Domain nicht zu uns gehört. Fehler enthalten sowohl `error` als auch `message`.",
        ],
    },
    consent: Section {
        title: "Links in E-Mails",
        text: &[
            "Unsere E-Mails enthalten einen Link. GET nennt seinen Zweck: `activate`, `token`, `refuse` oder `allow`. Erst POST führt ihn aus.",
        ],
    },
    opt_out: Section {
        title: "Keine Aliasse für eine Adresse",
        text: &[
            "Schickt eine E-Mail an diese Adresse, mit einem Link, um alle Aliasse für sie abzulehnen. Die Antwort ist `202`, unabhängig davon, was wir über die Adresse wissen.",
        ],
    },
    errors: Section { title: "Fehler", text: &["Jeder Fehler mit Inhalt hat dieselbe Form."] },
    error_members: [
        entry("error", "Ein Code für Programme, aus der Liste unten."),
        entry("description", "Der Text zum Statuscode."),
        entry("message", "Ein Satz für Menschen, auf Englisch."),
        entry("field", "Das fehlerhafte Feld, oder `null`."),
    ],
    error_words: [
        entry("400 malformed", "Der Inhalt ist weder JSON noch ein Formular."),
        entry("400 invalid", "Ein Feld hat einen Wert, den wir nicht annehmen; `field` nennt es."),
        entry("401 unauthorized", "Der Schlüssel oder das Token fehlt oder ist nicht gültig."),
        entry("403 refused", "Das Ziel hat Aliasse abgelehnt."),
        entry("403 forbidden", "Die Domain gehört nicht zu uns (Passwortmanager)."),
        entry("403 listed", "Deine Netzwerkadresse steht auf einer Sperrliste."),
        entry(
            "404 not_found",
            "Es gibt den Alias nicht, oder der Schlüssel gehört nicht zu ihm. Welches von beiden, sagen wir nicht.",
        ),
        entry("404 no_link", "Der Link ist nicht oder nicht mehr gültig."),
        entry("404 no_page", "Unter diesem Pfad ist nichts."),
        entry("405 not_allowed", "Die Methode passt nicht zum Pfad; `Allow` nennt die, die passen."),
        entry("408 timeout", "Der Inhalt kam nicht rechtzeitig an."),
        entry(
            "410 ended",
            "Eine Anfrage mit diesem Idempotency-Key wurde schon beantwortet, und ihre Aliasse sind beendet.",
        ),
        entry("413 too_large", "Der Inhalt ist zu lang."),
        entry("422 key_reused", "Der Idempotency-Key wurde schon für eine andere Anfrage benutzt."),
        entry("422 undeliverable", "Der Mailserver des Ziels weist unsere E-Mail ab."),
        entry(
            "429 too_many",
            "Zu viele für diese Adresse oder aus deinem Netz. `Retry-After` sagt, wann du es wieder versuchen kannst.",
        ),
        entry(
            "503 unavailable",
            "Der Speicher antwortet nicht, oder wir können gerade keine E-Mail senden. Versuch es nach `Retry-After` noch einmal.",
        ),
    ],
    limits: Section {
        title: "Mengengrenzen",
        text: &[
            "Jeder Aufruf, der etwas anlegt, wird je Netzwerkadresse gezählt (IPv6: je /64). Seine Antwort sagt, wie viel übrig ist, in der Form des Internet-Drafts `draft-ietf-httpapi-ratelimit-headers`.",
        ],
    },
    limit_headers: [
        entry("RateLimit-Policy", "`\"creations\";q=100;w=3600`: 100 in 3600 Sekunden."),
        entry("RateLimit", "`\"creations\";r=99;t=3600`: noch 99 in den nächsten 3600 Sekunden."),
        entry("Retry-After", "Bei 429 und 503: nach wie vielen Sekunden du es wieder versuchen kannst."),
    ],
    scripts: Section {
        title: "Aus Skripten anderer Websites",
        text: &[
            "Jede JSON-Antwort hat `Access-Control-Allow-Origin: *` und gibt `Location`, `RateLimit`, `RateLimit-Policy` und `Retry-After` frei. Es gibt keine Cookies, also können andere Websites nicht in deinem Namen handeln.",
        ],
    },
    health: Section {
        title: "Betriebszustand",
        text: &[
            "[/healthz](/healthz) sagt, ob die Website läuft, [/readyz](/readyz), ob gerade Aliasse angelegt werden können.",
        ],
    },
};
