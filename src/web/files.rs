//! The site's files, prepared once: in memory, each with its gzip and its entity tags.

use super::answer::{self, Answer, gzip};
use super::{negotiate, openapi, pages};
use crate::config::settings;
use crate::role::Fatal;
use flate2::Compression;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use std::collections::HashMap;
use std::fmt::Write as _;

/// By path.
pub(super) struct Files(HashMap<&'static str, File>);

struct File {
    content_type: &'static str,
    plain: Form,
    gzip: Option<Form>,
}

/// One representation.
struct Form {
    content: Bytes,
    etag: HeaderValue,
}

impl Files {
    /// Renders and compresses everything.
    pub(super) fn prepare(settings: &settings::Web) -> Result<Self, Fatal> {
        let home = pages::home(settings).map_err(std::io::Error::other)?;
        let file = |content_type, content: Vec<u8>| {
            Ok::<_, Fatal>(File {
                content_type,
                gzip: gzip(&content, Compression::best()).map(Form::of).transpose()?,
                plain: Form::of(content)?,
            })
        };
        Ok(Self(HashMap::from([
            ("/", file("text/html; charset=utf-8", home.into_bytes())?),
            ("/style.css", file("text/css; charset=utf-8", include_bytes!("site/style.css").to_vec())?),
            ("/icon.svg", file("image/svg+xml; charset=utf-8", include_bytes!("site/icon.svg").to_vec())?),
            ("/openapi.json", file("application/json; charset=utf-8", openapi::document(settings).into_bytes())?),
            ("/robots.txt", file("text/plain; charset=utf-8", include_bytes!("site/robots.txt").to_vec())?),
        ])))
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// The file, in the form the client likes best; only its tags if the client has it.
    pub(super) fn get(&self, path: &str, request: &HeaderMap) -> Option<Answer> {
        let file = self.0.get(path)?;
        let (form, coded) = match &file.gzip {
            Some(zipped) if negotiate::takes_gzip(request) => (zipped, true),
            _ => (&file.plain, false),
        };
        let known = form.etag.to_str().is_ok_and(|etag| negotiate::has(request, etag));
        let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let mut answer = answer::of(status, file.content_type, form.content.clone());
        if known {
            *answer.body_mut() = Full::default();
        } else if coded {
            answer::set(&mut answer, header::CONTENT_ENCODING, "gzip");
        }
        if file.gzip.is_some() {
            answer::set(&mut answer, header::VARY, "Accept-Encoding");
        }
        if path == "/openapi.json" {
            // Tools that draw it are on other sites.
            answer::set(&mut answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        }
        answer.headers_mut().insert(header::ETAG, form.etag.clone());
        answer::set(&mut answer, header::CACHE_CONTROL, "no-cache");
        Some(answer)
    }
}

impl Form {
    fn of(content: Vec<u8>) -> Result<Self, Fatal> {
        let digest = ring::digest::digest(&ring::digest::SHA256, &content);
        let mut etag = String::from("\"");
        for octet in &digest.as_ref()[..12] {
            // Writing to a String cannot fail.
            let _ = write!(etag, "{octet:02x}");
        }
        etag.push('"');
        Ok(Self { content: content.into(), etag: HeaderValue::try_from(etag).map_err(std::io::Error::other)? })
    }
}
