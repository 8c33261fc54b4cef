//! The site's files and its pages that never change, prepared once: in memory, each with its gzip, its entity
//! tags, and all its header fields.

use super::answer::{self, Answer, gzip};
use super::locale::Locale;
use super::pages;
use super::{negotiate, openapi};
use crate::config::settings::web::Live;
use crate::runtime::Fatal;
use crate::words::Language;
use data_encoding::HEXLOWER;
use flate2::Compression;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use std::collections::HashMap;

/// What is no page: its path, its type, its content.
const FILES: [(&str, &str, &[u8]); 4] = [
    ("/icon.svg", "image/svg+xml; charset=utf-8", include_bytes!("site/icon.svg")),
    ("/robots.txt", "text/plain; charset=utf-8", include_bytes!("site/robots.txt")),
    ("/site.js", "text/javascript; charset=utf-8", include_bytes!("site/site.js")),
    ("/style.css", "text/css; charset=utf-8", include_bytes!("site/style.css")),
];

/// The bookmarklet opens it, and hears from it.
const POP: &str = "/pop";

/// By path.
pub(super) struct Files {
    /// In one language or none.
    plain: HashMap<&'static str, File>,
    /// In each language, in the order of [`Language::ALL`].
    pages: HashMap<&'static str, [File; 2]>,
}

struct File {
    plain: Form,
    gzip: Option<Form>,
}

/// One representation: all that goes over the wire.
struct Form {
    etag: String,
    headers: HeaderMap,
    content: Bytes,
}

impl Files {
    /// Renders and compresses everything.
    pub(super) fn prepare(settings: &Live) -> Result<Self, Fatal> {
        let mut plain = HashMap::new();
        for (path, kind, content) in FILES {
            plain.insert(path, File::of(kind, content.to_vec(), None)?);
        }
        let mut description = File::of("application/json; charset=utf-8", openapi::document(settings).into(), None)?;
        description.open_to_all();
        plain.insert("/openapi.json", description);
        let page = |language, path| {
            let locale = Locale::new(language, path);
            let content = pages::fixed(&locale, settings).map_err(std::io::Error::other)?;
            File::of(pages::HTML, content.into_bytes(), Some(&locale))
        };
        let mut pages = HashMap::new();
        for path in pages::FIXED {
            let [first, second] = Language::ALL.map(|language| page(language, path));
            pages.insert(path, [first?, second?]);
        }
        Ok(Self { plain, pages })
    }

    /// The file or page at `path`, in the form the client likes best; only its tags if the client has it.
    pub(super) fn get(&self, language: Language, path: &str, request: &HeaderMap) -> Option<Answer> {
        let file = self.find(language, path)?;
        let form = match &file.gzip {
            Some(zipped) if negotiate::takes_gzip(request) => zipped,
            _ => &file.plain,
        };
        let known = negotiate::has(request, &form.etag);
        let mut answer = Answer::new(if known { Full::default() } else { Full::new(form.content.clone()) });
        *answer.headers_mut() = form.headers.clone();
        if known {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            answer.headers_mut().remove(header::CONTENT_ENCODING);
        }
        Some(answer)
    }

    /// Whether there is a file or a page at `path`.
    pub(super) fn has(&self, path: &str) -> bool {
        self.find(Language::default(), path).is_some()
    }

    fn find(&self, language: Language, path: &str) -> Option<&File> {
        let page = self.pages.get(path).and_then(|pages| pages.get(language as usize));
        page.or_else(|| self.plain.get(path))
    }
}

impl File {
    /// Lets scripts of other sites read it: tools that draw it are there.
    fn open_to_all(&mut self) {
        for form in self.gzip.iter_mut().chain([&mut self.plain]) {
            form.headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            form.headers.remove("cross-origin-resource-policy");
        }
    }

    fn of(kind: &'static str, content: Vec<u8>, locale: Option<&Locale>) -> Result<Self, Fatal> {
        let zipped = gzip(&content, Compression::best());
        let vary = match (locale, &zipped) {
            (Some(_), _) => Some(pages::VARY),
            (None, Some(_)) => Some("Accept-Encoding"),
            (None, None) => None,
        };
        let form = |content: Vec<u8>, coding: Option<&'static str>| {
            let etag = tag(&content);
            let mut answer = answer::of(StatusCode::OK, kind, Bytes::new());
            answer::isolate(&mut answer);
            if let Some(coding) = coding {
                answer::set(&mut answer, header::CONTENT_ENCODING, coding);
            }
            if let Some(vary) = vary {
                answer::set(&mut answer, header::VARY, vary);
            }
            if let Some(locale) = locale {
                answer::set(&mut answer, header::CONTENT_LANGUAGE, locale.tag());
                if locale.here() == POP {
                    answer::keep_opener(&mut answer);
                }
            }
            answer::set(&mut answer, header::CACHE_CONTROL, "no-cache");
            let value = HeaderValue::try_from(etag.as_str()).map_err(std::io::Error::other)?;
            answer.headers_mut().insert(header::ETAG, value);
            Ok::<_, Fatal>(Form { etag, headers: answer.into_parts().0.headers, content: content.into() })
        };
        Ok(Self { gzip: zipped.map(|content| form(content, Some("gzip"))).transpose()?, plain: form(content, None)? })
    }
}

/// A strong entity tag: the beginning of the content's hash.
fn tag(content: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, content);
    format!("\"{}\"", HEXLOWER.encode(&digest.as_ref()[..12]))
}
