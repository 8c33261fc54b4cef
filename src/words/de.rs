//! German. The reader is "du".

use super::{
    Api, Confirm, Entry, Frame, Home, Made, Manage, OptOut, Pop, Problem, Problems, Section, Sentences, Token, Tools,
    Words,
};
use crate::alias::{DAY, Fault, Time};
use jiff::Timestamp;

const fn entry(name: &'static str, text: &'static str) -> Entry {
    Entry { name, text }
}

pub(super) const WORDS: Words = Words {
    frame: Frame {
        description: "E-Mail-Adressen, die sich selbst zerstören: nach so vielen Tagen, nach so vielen Nachrichten oder beidem. Ohne Konto.",
        skip: "Zum Inhalt",
        pages: "Seiten",
        tools: "Werkzeuge",
        api: "API",
        about: "Über uns",
        privacy: "Datenschutz",
        opt_out: "Keine Aliasse für meine Adresse",
        languages: "Sprache",
        motto: "Kein Konto, kein Postfach, keine Kopie deiner Mail.",
    },
    home: Home {
        title: "tempalias: E-Mail-Adressen, die sich selbst zerstören",
        heading: "Die Adresse, die sich selbst zerstört",
        lead: "Post an den Alias erreicht dich, bis seine Grenze erreicht ist. Danach hat es ihn nie gegeben.",
        target: "Deine echte Adresse",
        target_hint: "Hier kommt an, was an den Alias geht. Absender sehen sie nie.",
        ends: "Der Alias endet nach",
        days: "Tage",
        messages: "Nachrichten",
        domain: "Domain",
        lives_at: "Der Alias bekommt die Domain",
        make: "Alias anlegen",
        remember: "Diese Angaben in diesem Browser merken",
        problem: "Hier stimmt noch etwas nicht",
        facts: [
            Section {
                title: "Direkt durchgereicht",
                text: &[
                    "Jede Nachricht geht an deinen Mailserver, noch während ihr Absender in der Leitung ist. Hier bleibt keine Kopie.",
                ],
            },
            Section {
                title: "Dann Stille",
                text: &[
                    "Nach dem letzten Tag oder der letzten Nachricht antwortet der Alias wie eine Adresse, die es nie gab.",
                ],
            },
            Section {
                title: "In deiner Hand",
                text: &[
                    "Ein privater Link verlängert, pausiert oder beendet den Alias. Ohne Konto, und ohne dass du dir etwas merken musst.",
                ],
            },
        ],
    },
    made: Made {
        heading: "Dein Alias lebt",
        heading_pending: "Ein Schritt fehlt noch",
        address: "Dein Alias",
        copy: "Kopieren",
        copied: "Kopiert.",
        not_copied: "Dein Browser lässt uns nicht kopieren. Der Text ist jetzt markiert.",
        reaches: "Erreicht",
        starts: "Beginnt",
        ends: "Endet",
        messages: "Reicht für",
        manage: "Dein privater Link",
        manage_text: "Damit verlängerst, pausierst oder beendest du den Alias. Wir zeigen ihn nur jetzt: Heb ihn auf.",
        copy_link: "Link kopieren",
        bookmarklet: "Der nächste mit einem Klick",
        bookmarklet_text: "Ein Bookmarklet legt einen Alias mit diesen Angaben an und schreibt ihn in das Formular, das du gerade ausfüllst. Es enthält ein Token, nie deine Adresse.",
        make_bookmarklet: "Bookmarklet erstellen",
        bookmarklet_name: "Neuer Alias",
        bookmarklet_drag: "Zieh das in deine Lesezeichenleiste. Auf jeder Website: erst in das Feld für die Adresse klicken, dann auf das Lesezeichen.",
        bookmarklet_sent: "Wir haben an deine Adresse geschrieben. Das Token findest du über den Link in diesem Brief.",
        bookmarklet_failed: "Das hat nicht geklappt. Bitte versuch es später noch einmal.",
        bookmarklet_prompt: "Dein neuer Alias:",
        again: "Noch einen anlegen",
    },
    manage: Manage {
        title: "Alias verwalten",
        alive: "Lebt. Post an ihn erreicht dich.",
        paused: "Pausiert. Post an ihn wird abgewiesen, bis du ihn fortsetzt.",
        early: "Noch nicht gültig. Bis zu seinem Beginn wird Post an ihn abgewiesen.",
        used_up: "Aufgebraucht. Erlaube mehr Nachrichten, um ihn zu wecken.",
        over: "Abgelaufen. Setz ein neues Ende, um ihn zu wecken.",
        unconfirmed: "Wartet. Er lebt, sobald jemand dem Link in unserem Brief gefolgt ist.",
        saved: "Gespeichert.",
        state: "Zustand",
        ends: "Endet",
        starts: "Beginnt",
        left: "Nachrichten übrig",
        extend: "Mehr oder weniger",
        days: "Tage von jetzt an",
        set_days: "Ende setzen",
        usage: "Nachrichten insgesamt",
        set_usage: "Anzahl setzen",
        rest: "Ruhe",
        pause: "Pausieren",
        pause_text: "Solange er ruht, antwortet der Alias wie eine Adresse, die es nie gab.",
        resume: "Fortsetzen",
        resume_text: "Post an ihn erreicht dich sofort wieder.",
        end: "Das Ende",
        revoke: "Endgültig beenden",
        revoke_text: "Vom Alias bleibt nichts, und niemand kann ihn zurückholen.",
        revoke_sure: "Ja, beenden",
        gone: "Es hat ihn nie gegeben",
        gone_text: "Der Alias ist für immer fort. Post an ihn wird abgewiesen wie an jede Adresse, die es nicht gibt.",
    },
    about: Section {
        title: "Über tempalias",
        text: &[
            "Ein Laden will deine Adresse für eine Lieferung, ein Forum für einen Brief. Danach behalten sie sie jahrelang, verkaufen oder verlieren sie. Ein Alias von hier erreicht dich so lange, wie du willst, und nicht länger.",
        ],
    },
    about_parts: [
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
    ],
    privacy: Section {
        title: "Datenschutz",
        text: &["Am besten hütet deine Adresse, wer sie nicht lesen kann. Das hier bewahren wir auf, und so lange."],
    },
    privacy_parts: [
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
    ],
    tools: Tools {
        title: "Werkzeuge",
        lead: "Aliasse, wo du sie brauchst: im Passwortmanager, in der Lesezeichenleiste, in der Shell. Alles, was es dazu braucht, ist ein Token.",
        ends: "Jeder Alias endet nach",
        token: "Token erstellen",
        token_text: "Ein Token enthält deine Adresse und deine Grenzen, versiegelt. Wer es hat, kann Aliasse anlegen, die zu dir führen, aber deine Adresse nicht daraus lesen.",
        make: "Token erstellen",
        uses: "Wozu es gut ist",
        bookmarklet: Section {
            title: "Bookmarklet",
            text: &[
                "Ein Lesezeichen, das auf jeder Website einen Alias anlegt und in das Feld schreibt, das du gerade ausfüllst.",
                "Erstelle oben ein Token und zieh das Lesezeichen in deine Lesezeichenleiste. Wo eine Website es nicht durchlässt, öffnet sich ein kleines Fenster von uns und reicht den Alias herüber.",
            ],
        },
        managers: Section {
            title: "Bitwarden",
            text: &[
                "Bitwarden legt für neue Zugänge selbst Aliasse an. Wähle in seinem Generator „Weitergeleitetes E-Mail-Alias“, dann den Dienst addy.io oder SimpleLogin, und gib diese Website als selbst gehosteten Server an. Was wohin gehört, steht auf der Seite mit deinem Token.",
            ],
        },
        shell: Section {
            title: "curl",
            text: &["Ein Alias braucht kein Token, nur einen einzigen Aufruf. Alles Weitere steht in der [API](/api)."],
        },
        revoke: "Token widerrufen",
        revoke_text: "Ein widerrufenes Token legt keine Aliasse mehr an. Die, die es angelegt hat, leben weiter bis zu ihrer Grenze.",
        revoke_field: "Token",
        revoke_button: "Widerrufen",
        revoked: "Das Token ist ungültig",
        revoked_text: "Es legt keine Aliasse mehr an. Die, die es angelegt hat, leben weiter bis zu ihrer Grenze.",
    },
    token: Token {
        title: "Dein Token",
        heading: "Dein Token ist fertig",
        token: "Dein Token",
        keep: "Wir zeigen es nur jetzt und speichern nichts davon. Hüte es wie ein Passwort.",
        each: "Jeder Alias",
        domain: "Domain",
        good_until: "Gültig bis",
        bitwarden: "In Bitwarden",
        bitwarden_text: "Öffne den Generator, wähle „Benutzername“, dann „Weitergeleitetes E-Mail-Alias“ und einen dieser beiden Dienste. Beide tun dasselbe.",
        service: "Dienst",
        server: "URL des selbst gehosteten Servers",
        addy_key: "API-Zugangs-Token",
        simplelogin_key: "API-Schlüssel",
        addy_domain: "E-Mail-Domain",
        bookmarklet: "In der Lesezeichenleiste",
        shell: "In der Shell",
        another: "Zurück zu den Werkzeugen",
    },
    api: Api {
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
            entry(
                "429 too_many",
                "Zu viele für diese Adresse oder von deiner; `Retry-After` sagt, wann es wieder geht.",
            ),
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
    },
    opt_out: OptOut {
        title: "Keine Aliasse für meine Adresse",
        lead: "Hat jemand ungefragt einen Alias angelegt, der zu dir führt? Du kannst ablehnen, ein für alle Mal.",
        what: "Wir schreiben der Adresse ein einziges Mal, mit einem Link, der alle weiteren Aliasse für sie ablehnt.",
        target: "Deine Adresse",
        target_hint: "Nur wer ihre Post liest, kann für sie ablehnen.",
        send: "Link zuschicken",
        sent: "Ein Brief ist unterwegs",
        sent_text: "Folge dem Link darin, um Aliasse für die Adresse abzulehnen. Das geht jederzeit.",
    },
    confirm: Confirm {
        activate: "Soll der Alias leben?",
        activate_text: "Jemand, wahrscheinlich du, hat einen Alias angelegt, der zu deiner Adresse führt. Post an ihn erreicht dich, sobald du zustimmst.",
        activate_button: "Ja, er soll leben",
        activated: "Der Alias lebt",
        activated_text: "Post an ihn erreicht dich ab jetzt.",
        token: "Das Token zeigen?",
        token_text: "Jemand, wahrscheinlich du, möchte ein Token, das Aliasse für deine Adresse anlegt. Es steht auf der nächsten Seite, nur für dich.",
        token_button: "Ja, Token zeigen",
        refuse: "Keine Aliasse für deine Adresse?",
        refuse_text: "Alle Aliasse, die zu dir führen, enden jetzt, und wir legen keine mehr an, wer auch immer fragt. Du kannst es dir später anders überlegen.",
        refuse_button: "Für immer ablehnen",
        refused: "Keine Aliasse mehr",
        refused_text: "Wir behalten einen Hash deiner Adresse unter einem geheimen Schlüssel, nur um abzulehnen.",
        allow: "Aliasse wieder erlauben?",
        allow_text: "Deine Adresse lehnt Aliasse von hier ab. Erlaubst du sie wieder, dann vergessen wir das.",
        allow_button: "Wieder erlauben",
        allowed: "Aliasse sind wieder erlaubt",
        allowed_text: "Wir haben vergessen, dass deine Adresse abgelehnt hat.",
        nothing: "Wenn dir das alles nichts sagt, schließ die Seite: Dann geschieht nichts.",
    },
    pop: Pop {
        title: "Neuer Alias",
        wait: "Dein Alias wird angelegt …",
        done: "Dein neuer Alias",
        paste: "Kopiere ihn und füge ihn in das Formular ein.",
        failed: "Das hat nicht geklappt",
        no_token: "Dieses Fenster gehört zu einem Bookmarklet und muss von ihm geöffnet werden.",
        needs_script: "Dieses Fenster braucht JavaScript. Die Startseite kommt ohne aus.",
    },
    problems: Problems {
        home: "Zur Startseite",
        nothing_changes: "Gib zuerst eine Zahl ein.",
        malformed: Problem {
            title: "Das war nicht lesbar",
            text: "Was dein Browser geschickt hat, ergibt für uns keinen Sinn. Geh zurück und versuch es noch einmal.",
        },
        unauthorized: Problem {
            title: "Dafür braucht es einen Schlüssel",
            text: "Der Schlüssel oder das Token fehlt oder ist nicht mehr gültig.",
        },
        refused: Problem {
            title: "Diese Adresse möchte keine Aliasse",
            text: "Wem sie gehört, hat Aliasse von hier abgelehnt. Bitte nimm eine andere Adresse.",
        },
        forbidden: Problem { title: "Nicht unsere Domain", text: "In dieser Domain legen wir keine Aliasse an." },
        not_found: Problem {
            title: "Hier ist nichts",
            text: "Einen solchen Alias oder Link gibt es nicht mehr, oder es gab ihn nie. Von außen sieht beides gleich aus.",
        },
        no_link: Problem {
            title: "Dieser Link führt nirgendwohin",
            text: "Oder nicht mehr: Die meisten Links in unseren Briefen gelten einen Tag. Lass dir einen neuen schicken.",
        },
        listed: Problem {
            title: "Nicht von dort",
            text: "Die Netzwerkadresse, von der du kommst, steht auf einer Sperrliste. Frag, wem das Netz gehört, oder komm auf anderem Weg.",
        },
        no_page: Problem { title: "Hier ist nichts", text: "Die Seite ist verschwunden, oder es hat sie nie gegeben." },
        not_allowed: Problem {
            title: "So nicht",
            text: "Diese Seite ist die Antwort auf ein Formular. Fang bitte beim Formular noch einmal an.",
        },
        timeout: Problem {
            title: "Das hat zu lange gedauert",
            text: "Was dein Browser geschickt hat, kam nicht rechtzeitig an. Bitte versuch es noch einmal.",
        },
        too_large: Problem {
            title: "Das ist zu viel",
            text: "Das Formular ist länger, als wir lesen. Bitte kürze, was du eingegeben hast.",
        },
        key_reused: Problem {
            title: "Das wurde schon geschickt",
            text: "Derselbe Schlüssel gehört schon zu einer anderen Anfrage. Geh zurück und versuch es noch einmal.",
        },
        undeliverable: Problem {
            title: "Unser Brief wird abgewiesen",
            text: "Der Mailserver dieser Adresse nimmt unseren Brief nicht an. Ist die Adresse richtig geschrieben?",
        },
        too_many: Problem {
            title: "Nicht so schnell",
            text: "Mehr legen wir von einer Stelle aus vorerst nicht an. Bitte komm später wieder.",
        },
        unavailable: Problem {
            title: "Gerade nicht",
            text: "Das geht im Augenblick nicht, und nichts wurde geändert. Bitte versuch es in einer halben Minute noch einmal.",
        },
        other: Problem {
            title: "Das hat nicht geklappt",
            text: "Auf unserer Seite stimmt etwas nicht. Bitte versuch es später noch einmal.",
        },
    },
    sentences: Sentences {
        date,
        days,
        messages,
        messages_left: |left, of| format!("{left} von {of}"),
        time_left,
        limits_hint: |max_days, max_usage| {
            format!("Bis zu {max_days} Tage, bis zu {max_usage} Nachrichten oder beides: Es gilt, was zuerst kommt.")
        },
        up_to_days: |max| format!("Von 1 bis {max}."),
        usage_hint: |spent, max| format!("Bisher {spent}. Von 1 bis {max}."),
        too_many_here: |minutes| {
            format!(
                "Aus deinem Netz wurden so viele angelegt, wie wir in einer Stunde für eines anlegen. Versuch es in {minutes} Minuten noch einmal."
            )
        },
        pending: |target| {
            format!(
                "Wir haben an {target} geschrieben. Der Alias lebt, sobald du dem Link in diesem Brief gefolgt bist; er gilt einen Tag."
            )
        },
        token_pending: |target| {
            format!(
                "Wir haben an {target} geschrieben. Das Token steht einen Tag lang auf der Seite hinter dem Link in diesem Brief."
            )
        },
        fault,
        activate: |site, link, never| {
            let subject = format!("Bestätige deinen Alias bei {site}");
            let body = format!(
                "Jemand, wahrscheinlich du, hat bei {site} einen\nE-Mail-Alias angelegt, der zu dieser Adresse führt.\n\nDamit er lebt, öffne innerhalb eines Tages diesen Link:\n\n{link}\n\n{}\n{}",
                if_not_you(),
                never_again(never)
            );
            (subject, body)
        },
        token: |site, link, never| {
            let subject = format!("Dein Token für {site}");
            let body = format!(
                "Jemand, wahrscheinlich du, möchte von {site} ein Token,\nmit dem Programme E-Mail-Aliasse anlegen, die zu dieser\nAdresse führen.\n\nDas Token steht einen Tag lang auf der Seite hinter diesem Link:\n\n{link}\n\n{}\n{}",
                if_not_you(),
                never_again(never)
            );
            (subject, body)
        },
        refuse: |site, link| {
            let subject = format!("Keine Aliasse von {site}");
            let body = format!(
                "Jemand, wahrscheinlich du, möchte, dass {site} nie wieder\nE-Mail-Aliasse anlegt, die zu dieser Adresse führen.\n\nUm alle zu beenden und weitere für immer abzulehnen, öffne diesen\nLink:\n\n{link}\n\n{}",
                if_not_you()
            );
            (subject, body)
        },
        allow: |site, link| {
            let subject = format!("Du lehnst Aliasse von {site} ab");
            let body = format!(
                "Jemand, wahrscheinlich du, möchte, dass {site} nie wieder\nE-Mail-Aliasse anlegt, die zu dieser Adresse führen. So ist es schon.\n\nWenn du sie wieder erlauben willst, öffne innerhalb eines Tages\ndiesen Link:\n\n{link}\n\n{}",
                if_not_you()
            );
            (subject, body)
        },
    },
};

fn if_not_you() -> &'static str {
    "Wenn du das nicht warst, tu nichts: Dann geschieht nichts.\n"
}

fn never_again(link: &str) -> String {
    format!("Wenn du davon nie wieder hören willst:\n\n{link}\n")
}

fn date(time: Time) -> String {
    const MONTHS: [&str; 12] = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ];
    let time = i64::try_from(time).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let time = jiff::tz::TimeZone::UTC.to_datetime(time.unwrap_or(Timestamp::MAX));
    let month = usize::try_from(time.month() - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
    format!("{}. {month} {}, {:02}:{:02} UTC", time.day(), time.year(), time.hour(), time.minute())
}

fn days(days: u32) -> String {
    match days {
        1 => "1 Tag".to_owned(),
        7 => "1 Woche".to_owned(),
        _ => format!("{days} Tage"),
    }
}

fn messages(messages: u32) -> String {
    match messages {
        1 => "1 Nachricht".to_owned(),
        _ => format!("{messages} Nachrichten"),
    }
}

fn time_left(seconds: Time) -> String {
    match seconds {
        ..=90 => "in einer Minute".to_owned(),
        91..=5400 => format!("in {} Minuten", (seconds + 30) / 60),
        5401..=129_600 => format!("in {} Stunden", (seconds + 1800) / 3600),
        _ => format!("in {} Tagen", (seconds + DAY / 2) / DAY),
    }
}

fn fault(fault: Fault) -> String {
    match fault {
        Fault::Target => "Gib eine E-Mail-Adresse wie name@example.org ein.".to_owned(),
        Fault::TargetIsOurs => "Das ist eine Adresse von uns. Gib deine echte Adresse ein.".to_owned(),
        Fault::Domain => "Wähle eine der Domains, in denen wir Aliasse anlegen.".to_owned(),
        Fault::Days { max } => format!("Die Tage müssen eine ganze Zahl von 1 bis {max} sein."),
        Fault::MaxUsage { max } => format!("Die Nachrichten müssen eine ganze Zahl von 1 bis {max} sein."),
        Fault::NoLimit => "Gib Tage, Nachrichten oder beides ein: Ohne Grenze würde der Alias nie enden.".to_owned(),
        Fault::TwoEnds => "Gib entweder Tage oder ein Ende an, nicht beides.".to_owned(),
        Fault::ValidFrom => "Der Beginn muss weniger als hundert Jahre entfernt sein.".to_owned(),
        Fault::ValidUntil { max } => {
            format!("Das Ende muss in der Zukunft liegen, nach dem Beginn und höchstens {max} Tage danach.")
        }
        Fault::TooManyAlive => "Diese Adresse hat so viele Aliasse, wie sie haben darf. Beende einige, oder warte, bis sie enden.".to_owned(),
        Fault::TooManyLetters => "Diese Adresse hat heute schon so viele Briefe von uns bekommen, wie sie an einem Tag bekommt. Versuch es morgen noch einmal.".to_owned(),
        Fault::Reserved => "Das ist das Postfach eines Amtes, nicht einer Person. Gib deine eigene Adresse ein.".to_owned(),
        Fault::OptedOut => "Wer die Post an diese Adresse liest, hat uns gebeten, keine Aliasse für sie anzulegen.".to_owned(),
        Fault::Undeliverable => "Der Mailserver dieser Adresse nimmt unseren Brief nicht an. Prüfe die Adresse.".to_owned(),
        Fault::Count { max } => format!("Die Anzahl muss eine ganze Zahl von 1 bis {max} sein."),
        Fault::Ended => "Diese Anfrage wurde schon beantwortet, und was sie angelegt hat, ist beendet.".to_owned(),
        Fault::KeyReused => "Dieser Idempotency-Key gehörte zu einer anderen Anfrage.".to_owned(),
        Fault::TooManyForTarget => {
            "Diese Adresse hat so viele Aliasse, wie sie an einem Tag bekommt. Versuch es morgen noch einmal."
                .to_owned()
        }
    }
}
