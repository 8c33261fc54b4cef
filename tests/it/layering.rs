//! The picture of docs/design.md §8, held against the `use` lines: who may know whom.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may name.
const PICTURE: &[(&str, &[&str])] = &[
    ("alias", &[]),
    ("proto", &["alias"]),
    ("net", &["alias", "proto", "sys"]),
    ("wire", &["alias", "words"]),
    ("words", &["alias"]),
    ("sys", &[]),
    ("config", &["alias"]),
    ("channel", &["sys", "wire"]),
    ("runtime", &["channel", "sys", "wire"]),
    ("smtp", &["alias", "config", "channel", "net", "proto", "runtime", "wire"]),
    ("relay", &["alias", "config", "channel", "net", "proto", "runtime", "wire"]),
    ("vault", &["alias", "config", "channel", "runtime", "wire", "words"]),
    ("web", &["alias", "config", "channel", "runtime", "wire", "words"]),
    ("monitor", &["config", "channel", "relay", "runtime", "smtp", "sys", "vault", "web", "wire"]),
    ("demo", &["runtime", "sys"]),
    ("doctor", &["config", "channel", "net", "proto", "runtime", "sys", "vault", "wire"]),
    ("cli", &["config", "demo", "doctor", "channel", "monitor", "runtime", "sys", "wire"]),
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// `(room, named room, file:line)` for every `crate::…` in the sources, comments left out.
fn edges() -> Vec<(String, String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut edges = Vec::new();
    for file in files {
        let room =
            file.strip_prefix(&src).unwrap().components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let room = room.trim_end_matches(".rs").to_owned();
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for named in line.split("crate::").skip(1) {
                // `use crate::{a, b::c}` names several.
                let list = named.strip_prefix('{').and_then(|l| l.split('}').next()).unwrap_or(named);
                for one in list.split(',').take(if named.starts_with('{') { usize::MAX } else { 1 }) {
                    let name: String = one.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    edges.push((room.clone(), name, format!("{}:{}", file.display(), number + 1)));
                }
            }
        }
    }
    edges
}

#[test]
fn nobody_knows_more_than_the_picture_says() {
    let edges = edges();
    assert!(edges.len() > 50, "the test reads the sources");
    let wrong: Vec<String> = edges
        .iter()
        .filter(|(room, named, _)| room != named && !["lib", "main", "testing"].contains(&room.as_str()))
        .filter(|(room, named, _)| !PICTURE.iter().any(|(r, may)| r == room && may.contains(&named.as_str())))
        .map(|(room, named, place)| format!("{place}: {room} may not know {named}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `proto`, `wire` and `alias` do no I/O and own no clock.
#[test]
fn the_pure_rooms_are_pure() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    ["alias", "proto", "wire"].iter().for_each(|room| sources(&src.join(room), &mut files));
    assert!(files.len() > 10);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for forbidden in ["std::io", "std::fs", "std::net::Tcp", "tokio", "Instant::now", "SystemTime", "std::thread"] {
            assert!(!text.contains(forbidden), "{} names {forbidden}", file.display());
        }
    }
}
