//! The documentation of the API in German.

use crate::words::texts::entry;
use crate::words::{Api, Section};

pub(in crate::words) const API: Api = Api {
    title: "API",
    lead: "Ein Aufruf legt einen Alias an, ohne Konto und ohne Schlüssel.",
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
            "Anfragen sind JSON oder ein Formular; Antworten sind JSON in UTF-8. Zeiten sind in Antworten RFC 3339 in UTC; in Anfragen gehen auch Unix-Sekunden.",
            "Der Inhalt einer Anfrage hat höchstens 1024 Oktette (von Passwortmanagern: 16 KiB). Eine Beschreibung für Maschinen liegt unter [/openapi.json](/openapi.json).",
        ],
    },
    make: Section {
        title: "Einen Alias anlegen",
        text: &[
            "Wenigstens eine Grenze ist nötig: ein Ende oder eine Zahl von Nachrichten. Bei beiden gilt, was zuerst kommt.",
        ],
    },
    make_fields: [
        entry("target", "Deine echte Adresse. Erforderlich, wenn kein Token vorgelegt wird."),
        entry("days", "Ganze Tage, die der Alias lebt, von jetzt oder von `valid-from` an."),
        entry("max-usage", "Wie viele Nachrichten er höchstens zustellt. `max_usage` geht auch."),
        entry("valid-from", "Wann er beginnt."),
        entry("valid-until", "Wann er endet; anstelle von `days`."),
        entry("domain", "In welcher unserer Domains. Ohne Angabe die erste."),
        entry("count", "Wie viele Aliasse, von 1 bis 20. Die Antwort ist dann eine Liste."),
    ],
    make_headers: [
        entry(
            "Authorization",
            "`Bearer TOKEN` anstelle von `target`. Dann gelten die Grenzen des Tokens, und der Inhalt darf leer sein.",
        ),
        entry(
            "Idempotency-Key",
            "16 bis 255 druckbare ASCII-Zeichen, die du dir für diese Anfrage ausdenkst. Dieselbe Anfrage mit demselben Schlüssel bekommt wenigstens einen Tag lang dieselbe Antwort. Halte den Schlüssel geheim.",
        ),
    ],
    make_members: [
        entry("aid", "Nennt den Alias in den Aufrufen weiter unten."),
        entry("address", "Der Alias selbst."),
        entry("target", "Wie angegeben; `null`, wenn ein Token vorgelegt wurde."),
        entry("valid_from", "Wann er beginnt, oder `null`."),
        entry("valid_until", "Wann er endet, oder `null`."),
        entry("expires_at", "Dasselbe wie `valid_until`."),
        entry("max_usage", "Höchstzahl an Nachrichten, oder `null`."),
        entry("used", "Bisher zugestellte Nachrichten."),
        entry("remaining", "Verbleibende Nachrichten, oder `null`."),
        entry("paused", "Ob er ruht."),
        entry(
            "confirmed",
            "`false`, bis jemand am Ziel dem Link in unserem Brief gefolgt ist, wo diese Website das verlangt.",
        ),
        entry("days", "Wie angegeben, oder `null`."),
        entry("currentDate", "Unsere Uhr."),
        entry("manage_url", "Der private Link, für Menschen."),
        entry("updatekey", "Der Verwaltungsschlüssel, für Programme. Nur jetzt zu sehen."),
    ],
    many: Section {
        title: "Mehrere auf einmal",
        text: &[
            "Mit `count` ist die Antwort eine Liste, auch bei einem. Entweder entstehen alle oder keiner; `Location` gibt es dabei nicht.",
        ],
    },
    inspect: Section {
        title: "Einen Alias ansehen",
        text: &[
            "Ab hier gehört zu allem der Verwaltungsschlüssel als Bearer-Token. Ein GET ändert nie etwas. Die Antwort hat die Felder von oben ohne `target`, `days`, `manage_url` und `updatekey`.",
        ],
    },
    change: Section {
        title: "Einen Alias ändern",
        text: &["Was du weglässt, bleibt, wie es ist. Die Antwort ist der Alias, wie er jetzt ist."],
    },
    change_fields: [
        entry("days", "Ein neues Ende, so viele Tage von jetzt an."),
        entry("valid-until", "Ein neues Ende, als Zeit."),
        entry("max-usage", "Nachrichten insgesamt, die zugestellten mitgezählt."),
        entry("paused", "`true` oder `false`."),
    ],
    end: Section { title: "Einen Alias beenden", text: &["Sofort und für immer. `204` ohne Inhalt."] },
    token: Section {
        title: "Ein Token erstellen",
        text: &[
            "Ein Token enthält ein Ziel und Grenzen, versiegelt. Damit legt ein Programm Aliasse an und sieht die Adresse nie. Wir speichern nichts davon.",
            "Wo diese Website das Ziel um Bestätigung bittet, ist die Antwort `202` und `token` ist `null`; das Token liegt dann hinter dem Link in unserem Brief.",
        ],
    },
    token_fields: [
        entry("target", "Deine echte Adresse. Erforderlich."),
        entry("days", "Grenze jedes Alias."),
        entry("max-usage", "Grenze jedes Alias."),
        entry("domain", "Wo seine Aliasse leben."),
    ],
    token_use: Section { title: "Ein Token benutzen", text: &["Der Inhalt darf leer sein."] },
    token_end: Section {
        title: "Ein Token widerrufen",
        text: &["Es legt keine Aliasse mehr an. Die, die es angelegt hat, leben weiter. `204` ohne Inhalt."],
    },
    managers: Section {
        title: "Passwortmanager",
        text: &[
            "Programme, die addy.io oder SimpleLogin selbst gehostet kennen, funktionieren unverändert, mit einem Token als Schlüssel. Ein Schrägstrich am Ende des Pfads oder zwei am Anfang schaden nicht, und wir leiten nie um.",
            "`domain` und `hostname` dürfen fehlen. `403` heißt, dass die Domain nicht zu uns gehört; Fehler tragen sowohl `error` als auch `message`.",
        ],
    },
    consent: Section {
        title: "Links in Briefen",
        text: &[
            "Wer einen Brief von uns bekommt, findet darin einen Link. GET nennt seinen Zweck: `activate`, `token`, `refuse` oder `allow`. Erst POST führt ihn aus.",
        ],
    },
    opt_out: Section {
        title: "Keine Aliasse für eine Adresse",
        text: &[
            "Schickt einen Brief mit einem Link an die Adresse; wer ihm folgt, bekommt keine Aliasse mehr von hier. Die Antwort ist `202`, was immer wir über die Adresse wissen.",
        ],
    },
    errors: Section { title: "Fehler", text: &["Jeder Fehler hat dieselbe Form."] },
    error_members: [
        entry("error", "Ein Wort für Programme, aus der Liste unten."),
        entry("description", "Der Text zum Statuscode."),
        entry("message", "Ein Satz für Menschen, auf Englisch."),
        entry("field", "Das fehlerhafte Feld, oder `null`."),
    ],
    error_words: [
        entry("400 malformed", "Der Inhalt ist weder JSON noch ein Formular."),
        entry("400 invalid", "Ein Feld hat einen Wert, den wir nicht erfüllen können; `field` nennt es."),
        entry("401 unauthorized", "Kein Schlüssel oder Token, oder ein falscher."),
        entry("403 refused", "Das Ziel möchte keine Aliasse."),
        entry("403 forbidden", "Die Domain gehört nicht zu uns (Passwortmanager)."),
        entry("403 listed", "Deine Netzwerkadresse steht auf einer Sperrliste."),
        entry("404 not_found", "Kein solcher Alias, oder nicht sein Schlüssel: eine Antwort für beides."),
        entry("404 no_link", "Ein Link aus keinem Brief, oder sein Tag ist vorbei."),
        entry("404 no_page", "Unter diesem Pfad ist nichts."),
        entry("405 not_allowed", "Die Methode passt nicht zum Pfad; `Allow` nennt die, die passen."),
        entry("408 timeout", "Der Inhalt kam nicht rechtzeitig."),
        entry("410 ended", "Dieser Idempotency-Key wurde schon beantwortet, und was er angelegt hat, ist beendet."),
        entry("413 too_large", "Der Inhalt ist zu lang."),
        entry("422 key_reused", "Der Idempotency-Key wurde schon für eine andere Anfrage benutzt."),
        entry("422 undeliverable", "Der Mailserver des Ziels weist unseren Brief ab."),
        entry("429 too_many", "Zu viele für diese Adresse oder von deiner; `Retry-After` sagt, wann es wieder geht."),
        entry(
            "503 unavailable",
            "Der Speicher antwortet nicht, oder gerade geht kein Brief hinaus; frag nach `Retry-After` noch einmal.",
        ),
    ],
    limits: Section {
        title: "Mengengrenzen",
        text: &[
            "Was etwas anlegt, wird je Netzwerkadresse gezählt (IPv6: je /64). Jede solche Antwort sagt, wo du stehst, so wie der Internet-Draft `draft-ietf-httpapi-ratelimit-headers` es schreibt.",
        ],
    },
    limit_headers: [
        entry("RateLimit-Policy", "`\"creations\";q=100;w=3600`: so viele in so vielen Sekunden."),
        entry("RateLimit", "`\"creations\";r=99;t=3600`: wie viele noch gehen, und für wie viele Sekunden."),
        entry("Retry-After", "Bei 429 und 503: Sekunden, nach denen du wieder fragen kannst."),
    ],
    scripts: Section {
        title: "Aus Skripten anderer Websites",
        text: &[
            "Jede JSON-Antwort trägt `Access-Control-Allow-Origin: *` und gibt `Location`, `RateLimit`, `RateLimit-Policy` und `Retry-After` frei. Es gibt nichts zu missbrauchen: keine Cookies, nur was du mitschickst.",
        ],
    },
    health: Section {
        title: "Befinden",
        text: &[
            "[/healthz](/healthz) sagt, ob die Website lebt, [/readyz](/readyz), ob gerade Aliasse angelegt werden können.",
        ],
    },
};
