use super::*;

#[test]
fn entries_are_the_same_in_every_language() {
    let names = |language: Language| {
        let api = &language.words().api;
        [
            &api.make_fields[..],
            &api.make_headers,
            &api.make_members,
            &api.change_fields,
            &api.token_fields,
            &api.error_members,
            &api.error_words,
            &api.limit_headers,
        ]
        .concat_names()
    };
    for language in Language::ALL {
        assert_eq!(names(language), names(Language::default()));
    }
}

trait ConcatNames {
    fn concat_names(&self) -> Vec<&'static str>;
}

impl<const N: usize> ConcatNames for [&[super::texts::Entry]; N] {
    fn concat_names(&self) -> Vec<&'static str> {
        self.iter().flat_map(|entries| entries.iter().map(|entry| entry.name)).collect()
    }
}

#[test]
fn notifications_are_narrow_and_name_the_site_and_the_links() {
    let (site, link, never) =
        ("alias.example.org", "https://alias.example.org/en/confirm/x", "https://a.example/never");
    for words in Language::ALL.map(Language::words) {
        for (subject, body) in
            [words.notification_activate(site, link, never), words.notification_token(site, link, never)]
        {
            assert!(body.contains(never) && subject.contains(site));
            assert!(body.contains(link) && body.contains(site));
        }
        for (subject, body) in [
            words.notification_activate(site, link, never),
            words.notification_token(site, link, never),
            words.notification_refuse(site, link),
            words.notification_allow(site, link),
        ] {
            assert!(body.contains(link) && body.contains(site) && subject.contains(site));
            assert!(body.ends_with('\n') && !body.ends_with("\n\n"), "{body}");
            assert!(body.lines().all(|line| line.chars().count() <= 72 || line.contains("://")), "{body}");
        }
    }
}

#[test]
fn dates_and_times() {
    let [english, german] = Language::ALL.map(Language::words);
    assert_eq!(english.date(1_795_550_400), "24 November 2026, 20:00 UTC");
    assert_eq!(german.date(1_772_600_700), "4. März 2026, 05:05 UTC");
    assert_eq!(english.time_left(3 * crate::alias::DAY), "in 3 days");
    assert_eq!(german.time_left(7200), "in 2 Stunden");
    assert_eq!((german.days(1), english.days(7)), ("1 Tag".to_owned(), "1 week".to_owned()));
}
