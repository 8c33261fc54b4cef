//! The description of the API for programs, with the limits of this site.
//!
//! The file is written by hand and valid as it is, for a site with nothing configured. What the configuration
//! decides stands in it once, as a line of its own; here those lines are put right.

use crate::alias::Domain;
use crate::config::settings::web::Live;

/// As it was written.
const DOCUMENT: &str = include_str!("site/openapi.json");

/// The lines that the configuration decides, as they are in the file.
const DOMAINS: &str = "\"enum\": [\"example.org\"],";
const NOT_OURS: &str = r#""not": { "pattern": "@(example\\.org)$" },"#;
const MAX_DAYS: &str = "\"maximum\": 60,";
const MAX_USAGE: &str = "\"maximum\": 100,";

/// The description of the API as this site has it.
pub(super) fn document(settings: &Live) -> String {
    let caps = settings.caps;
    let domains: Vec<&str> = settings.domains.iter().map(Domain::as_str).collect();
    // A dot stands for itself; a domain has nothing else that a pattern reads otherwise.
    let pattern = format!("@({})$", domains.join("|").replace('.', "\\."));
    DOCUMENT
        .replace(NOT_OURS, &format!("\"not\": {{ \"pattern\": {} }},", serde_json::json!(pattern)))
        .replace(DOMAINS, &format!("\"enum\": {},", serde_json::json!(domains)))
        .replace(MAX_DAYS, &format!("\"maximum\": {},", caps.max_days))
        .replace(MAX_USAGE, &format!("\"maximum\": {},", caps.max_usage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_configured_stands_there_once() {
        for line in [DOMAINS, NOT_OURS, MAX_DAYS, MAX_USAGE] {
            assert_eq!(DOCUMENT.matches(line).count(), 1, "{line}");
        }
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let at = |pointer: &str| document.pointer(pointer).unwrap_or_else(|| panic!("{pointer}"));
        assert_eq!(at("/components/schemas/Days/maximum"), 60);
        assert_eq!(at("/components/schemas/MaxUsage/maximum"), 100);
        assert_eq!(at("/components/schemas/Domain/enum/0"), "example.org");
        assert_eq!(at("/components/schemas/Target/not/pattern"), "@(example\\.org)$");
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_component_is_used() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let mut used = BTreeSet::new();
        references(&document, &mut used);
        for reference in &used {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
        for kind in ["parameters", "headers", "responses", "schemas"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                assert!(used.contains(&format!("#/components/{kind}/{name}")), "{kind}/{name} is not used");
            }
        }
    }

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
}
