//! Sentences with parts, e-mails and errors, in German.

use crate::alias::{DAY, OrderError, RefusedShape, Time};
use crate::words::Sentences;
use jiff::Timestamp;

pub(in crate::words) const SENTENCES: Sentences = Sentences {
    date,
    days,
    messages,
    messages_left: |left, of| format!("{left} von {of}"),
    time_left,
    limits_hint: |max_days, max_usage| {
        format!("Bis zu {max_days} Tage, bis zu {max_usage} Nachrichten oder beides: je nachdem, was zuerst eintritt.")
    },
    up_to_days: |max| format!("Gib eine Zahl von 1 bis {max} ein."),
    usage_hint: |spent, max| format!("Bisher {spent} verbraucht. Gib eine Zahl von 1 bis {max} ein."),
    too_many_here: |minutes| {
        format!(
            "Dein Netz hat die Grenze erreicht, die wir für eine Stunde setzen. Bitte versuch es in {minutes} Minuten noch einmal."
        )
    },
    pending: |target| {
        format!(
            "Wir haben eine E-Mail an {target} geschickt. Öffne innerhalb eines Tages den Link darin und bestätige. Dann ist der Alias aktiv."
        )
    },
    token_pending: |target| {
        format!(
            "Wir haben eine E-Mail an {target} geschickt. Öffne innerhalb eines Tages den Link darin, um das Token zu bekommen."
        )
    },
    order_error,
    activate: |site, link, never| {
        let subject = format!("Bestätige deinen Alias bei {site}");
        let body = format!(
            "Jemand, wahrscheinlich du, hat bei {site} einen\nE-Mail-Alias angelegt, der an diese Adresse weiterleitet.\n\nUm ihn zu aktivieren, öffne innerhalb eines Tages diesen Link und\nbestätige:\n\n{link}\n\n{}\n{}",
            if_not_you(),
            never_again(never)
        );
        (subject, body)
    },
    token: |site, link, never| {
        let subject = format!("Dein Token für {site}");
        let body = format!(
            "Jemand, wahrscheinlich du, hat bei {site} ein Token\nangefordert, mit dem Programme E-Mail-Aliasse anlegen können, die an\ndiese Adresse weiterleiten.\n\nUm das Token zu bekommen, öffne innerhalb eines Tages diesen Link:\n\n{link}\n\n{}\n{}",
            if_not_you(),
            never_again(never)
        );
        (subject, body)
    },
    refuse: |site, link| {
        let subject = format!("Keine Aliasse von {site}");
        let body = format!(
            "Jemand, wahrscheinlich du, möchte, dass {site} keine\nE-Mail-Aliasse mehr anlegt, die an diese Adresse weiterleiten.\n\nUm alle vorhandenen zu beenden und neue abzulehnen, öffne diesen\nLink:\n\n{link}\n\n{}",
            if_not_you()
        );
        (subject, body)
    },
    allow: |site, link| {
        let subject = format!("Aliasse von {site} sind bereits abgelehnt");
        let body = format!(
            "Jemand, wahrscheinlich du, möchte, dass {site} keine\nE-Mail-Aliasse mehr anlegt, die an diese Adresse weiterleiten. Das\nist bereits so.\n\nUm Aliasse wieder zu erlauben, öffne innerhalb eines Tages diesen\nLink:\n\n{link}\n\n{}",
            if_not_you()
        );
        (subject, body)
    },
};

fn if_not_you() -> &'static str {
    "Wenn du das nicht warst, ignoriere diese E-Mail. Dann geschieht nichts.\n"
}

fn never_again(link: &str) -> String {
    format!("Um alle Aliasse für diese Adresse abzulehnen, öffne diesen Link:\n\n{link}\n")
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

fn order_error(error: OrderError) -> String {
    match error {
        OrderError::Target => "Gib eine E-Mail-Adresse wie name@example.org ein.".to_owned(),
        OrderError::TargetShape(shape) => target_shape(shape).to_owned(),
        OrderError::TargetCharacter => {
            "Der Teil vor dem @ enthält ein Zeichen, das in keiner Adresse vorkommt, vielleicht ein unsichtbares. Tippe die Adresse ein, statt sie einzufügen.".to_owned()
        }
        OrderError::TargetIsOurs => "Das ist eine unserer eigenen Adressen. Gib deine echte Adresse ein.".to_owned(),
        OrderError::Domain => "Wähle eine unserer Domains.".to_owned(),
        OrderError::Days { max } => format!("Die Tage müssen eine ganze Zahl von 1 bis {max} sein."),
        OrderError::MaxUsage { max } => format!("Die Nachrichten müssen eine ganze Zahl von 1 bis {max} sein."),
        OrderError::NoLimit => {
            "Gib Tage, Nachrichten oder beides ein. Ohne Grenze würde der Alias nie enden.".to_owned()
        }
        OrderError::TwoEnds => "Gib entweder Tage oder ein Ende an, nicht beides.".to_owned(),
        OrderError::ValidFrom => "Der Beginn muss weniger als hundert Jahre entfernt sein.".to_owned(),
        OrderError::ValidUntil { max } => {
            format!("Das Ende muss in der Zukunft liegen, nach dem Beginn und höchstens {max} Tage danach.")
        }
        OrderError::TooManyAlive => {
            "Diese Adresse hat die Höchstzahl an Aliassen. Beende einige oder warte, bis sie enden.".to_owned()
        }
        OrderError::TooManyEmails => {
            "Wir haben dieser Adresse die Höchstzahl an E-Mails für einen Tag geschickt. Versuch es morgen noch einmal."
                .to_owned()
        }
        OrderError::Reserved => {
            "Das ist eine Funktionsadresse, nicht die Adresse einer Person. Gib deine eigene Adresse ein.".to_owned()
        }
        OrderError::OptedOut => {
            "Der Inhaber dieser Adresse hat uns gebeten, keine Aliasse für sie anzulegen.".to_owned()
        }
        OrderError::Undeliverable => {
            "Der Mailserver dieser Adresse nimmt unsere E-Mail nicht an. Prüfe die Adresse.".to_owned()
        }
        OrderError::Count { max } => format!("Die Anzahl muss eine ganze Zahl von 1 bis {max} sein."),
        OrderError::Ended => "Diese Anfrage wurde schon beantwortet, und ihre Aliasse sind beendet.".to_owned(),
        OrderError::KeyReused => "Dieser Idempotency-Key wurde schon für eine andere Anfrage benutzt.".to_owned(),
        OrderError::TooManyForTarget => {
            "Diese Adresse hat die Höchstzahl an Aliassen für einen Tag bekommen. Versuch es morgen noch einmal."
                .to_owned()
        }
    }
}

fn target_shape(shape: RefusedShape) -> &'static str {
    match shape {
        RefusedShape::Route => {
            "Mailserver könnten diese Adresse als Weg zu einem anderen Postfach lesen. Gib eine Adresse ohne %, ! oder : und mit einem einzigen @ ein."
        }
        RefusedShape::Option => {
            "Eine Adresse darf hier nicht mit einem Bindestrich beginnen: Manche Mailserver lesen das als Option."
        }
        RefusedShape::File => {
            "Eine Adresse darf nicht mit / oder | beginnen und nicht /../ enthalten: Manche Mailserver lesen das als Datei oder Befehl."
        }
        RefusedShape::Quoted => "Gib die Adresse ohne Anführungszeichen ein.",
        RefusedShape::Literal => {
            "Gib eine Adresse mit einem Domainnamen nach dem @ ein, etwa name@example.org, nicht mit einer IP-Adresse."
        }
        RefusedShape::Local => {
            "Mailserver halten diese Domain für ihre eigene. Gib eine Adresse im Internet ein, etwa name@example.org."
        }
    }
}
