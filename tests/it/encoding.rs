//! Content coding over HTTP (RFC 9110 §8.4, §12.5.3, §13.1.2), the same for a page, a style sheet and the API's
//! description:
//!
//! 1. Each way to ask for a coding, and the representation that comes.
//! 2. Each representation has a tag of its own, says what it varies by, and unzips to the other.
//! 3. HEAD says of each what GET does.
//! 4. If-None-Match: who has the representation that would be sent is told so, and nobody else.
//!
//! A client that refuses `identity` and lists no coding that we have accepts nothing of ours. RFC 9110 §12.4.1 lets a
//! server answer 406 or pass over the field; we pass over it and send the octets as they are: every client can read
//! them, and none can make anything of a 406.

use crate::fixture::{Daemon, Smarthost};
use flate2::read::GzDecoder;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Paths, and the media type of each.
const PATHS: [(&str, &str); 3] = [
    ("/", "text/html; charset=utf-8"),
    ("/style.css", "text/css; charset=utf-8"),
    ("/openapi.json", "application/json; charset=utf-8"),
];

/// `Accept-Encoding`, line by line, and whether gzip comes of it.
const TABLE: &[(&[&str], bool)] = &[
    (&[], false),
    (&[""], false),
    (&["gzip"], true),
    (&["GZIP"], true),
    (&["x-gzip"], true),
    (&["gzip;q=1.000"], true),
    (&["gzip;q=0.001"], true),
    (&["gzip ; q=0.5"], true),
    (&["gzip;Q=0.5"], true),
    (&["gzip, deflate, br, zstd"], true),
    (&["br;q=1.0, gzip;q=0.8, *;q=0.1"], true),
    (&["deflate", "gzip"], true),
    (&["*"], true),
    (&["*;q=0.5"], true),
    (&["identity;q=0, *"], true),
    (&["gzip, identity;q=0"], true),
    (&["gzip, *;q=0"], true),
    (&["gzip;q=0"], false),
    (&["gzip;q=0.0"], false),
    (&["gzip;q=0, *"], false),
    (&["*, gzip;q=0"], false),
    (&["x-gzip;q=0"], false),
    (&["*;q=0"], false),
    (&["identity;q=0"], false),
    (&["identity;q=0, gzip;q=0"], false),
    (&["identity"], false),
    (&["identity, gzip;q=0.5"], false),
    (&["identity;q=0.5, gzip;q=1"], true),
    (&["br"], false),
    (&["deflate, compress"], false),
    (&["gzipped"], false),
    (&["gzip;q=2"], false),
    (&["gzip;q=-1"], false),
    (&["gzip;q=0.1234"], false),
    (&["gzip;q=high"], false),
    (&[";;,,;q=,=;q"], false),
    (&["gzip;level=9;q=0.5"], true),
    (&[",,,gzip,,"], true),
];

/// An answer, taken apart.
struct Answer {
    status: u16,
    head: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// What came to this request.
    fn to(daemon: &Daemon, method: &str, path: &str, fields: &[String]) -> Self {
        let mut stream = TcpStream::connect(daemon.web_address()).unwrap();
        stream.set_read_timeout(Some(crate::fixture::DEADLINE)).unwrap();
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: alias.example\r\nConnection: close\r\n{fields}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut octets = Vec::new();
        stream.read_to_end(&mut octets).unwrap();
        let end = octets.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let text = String::from_utf8(octets[..end].to_vec()).unwrap();
        let mut lines = text.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let head = lines.map(|line| line.split_once(": ").unwrap()).map(|(n, v)| (n.to_lowercase(), v.to_owned()));
        Self { status, head: head.collect(), body: octets[end + 4..].to_vec() }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn etag(&self) -> &str {
        self.field("etag").unwrap()
    }

    fn varies_by_coding(&self) -> bool {
        let mut names = self.field("vary").unwrap_or_default().split(',').map(str::trim);
        names.any(|name| name.eq_ignore_ascii_case("accept-encoding"))
    }

    /// The header without the date.
    fn lasting(&self) -> Vec<&(String, String)> {
        self.head.iter().filter(|(name, _)| name != "date").collect()
    }
}

fn accepting(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| format!("Accept-Encoding: {value}")).collect()
}

#[test]
fn the_table() {
    let daemon = Daemon::start(Smarthost::start().address);
    for (path, media) in PATHS {
        let plain = Answer::to(&daemon, "GET", path, &[]);
        for &(values, zipped) in TABLE {
            let what = format!("{path} {values:?}");
            let answer = Answer::to(&daemon, "GET", path, &accepting(values));
            assert_eq!(answer.status, 200, "{what}");
            assert_eq!(answer.field("content-encoding"), zipped.then_some("gzip"), "{what}");
            assert_eq!(answer.field("content-type"), Some(media), "{what}");
            assert!(answer.varies_by_coding(), "{what}: {:?}", answer.head);
            assert_eq!(answer.etag() == plain.etag(), !zipped, "{what}: a tag for each representation");
            assert!(answer.etag().starts_with('"'), "{what}: a strong tag");
            let mut content = Vec::new();
            match zipped {
                true => drop(GzDecoder::new(&answer.body[..]).read_to_end(&mut content).unwrap()),
                false => content.clone_from(&answer.body),
            }
            assert!(content == plain.body, "{what}: the same content");
            let head = Answer::to(&daemon, "HEAD", path, &accepting(values));
            assert_eq!((head.status, head.body.len()), (200, 0), "{what}");
            assert_eq!(head.lasting(), answer.lasting(), "{what}: HEAD is GET without a body");
        }
        let zipped = Answer::to(&daemon, "GET", path, &accepting(&["gzip"]));
        assert!(zipped.body.len() * 3 < plain.body.len() * 2, "{path}: {} {}", zipped.body.len(), plain.body.len());
    }
}

#[test]
fn who_has_it_is_told_so() {
    let daemon = Daemon::start(Smarthost::start().address);
    for (path, _) in PATHS {
        let tags = [&[][..], &["gzip"]].map(|values| {
            let answer = Answer::to(&daemon, "GET", path, &accepting(values));
            answer.etag().to_owned()
        });
        let [plain, zipped] = &tags;
        let both = format!("{plain}, {zipped}");
        for (known, of_plain, of_zipped) in [
            (plain.clone(), 304, 200),
            (zipped.clone(), 200, 304),
            (both, 304, 304),
            (format!("{zipped},{plain}"), 304, 304),
            // Weak comparison (RFC 9110 §13.1.2): a proxy may have weakened the tag.
            (format!("W/{plain}"), 304, 200),
            ("*".to_owned(), 304, 304),
            ("\"else\"".to_owned(), 200, 200),
            (plain.trim_matches('"').to_owned(), 200, 200),
            (String::new(), 200, 200),
        ] {
            for (values, tag, expected) in [(&[][..], plain, of_plain), (&["gzip"], zipped, of_zipped)] {
                for method in ["GET", "HEAD"] {
                    let what = format!("{method} {path} {values:?} If-None-Match: {known}");
                    let mut fields = accepting(values);
                    fields.push(format!("If-None-Match: {known}"));
                    let answer = Answer::to(&daemon, method, path, &fields);
                    assert_eq!(answer.status, expected, "{what}");
                    assert_eq!(answer.etag(), tag, "{what}");
                    assert!(answer.varies_by_coding(), "{what}");
                    if expected == 304 {
                        assert!(answer.body.is_empty(), "{what}");
                        // RFC 9110 §15.4.5, §8.6: a length would be that of the 200.
                        assert_ne!(answer.field("content-length"), Some("0"), "{what}");
                    }
                }
            }
        }
    }
}
