//! Shapes of targets that are refused: mail servers may read them as a route to somebody else, as an option or as a file,
//! or as an address of their own. Each such address would lead past a limit or an opt-out of the mailbox that it really
//! reaches. docs/addresses.md has an example of each, with who reads it as what.

use super::code_points::nfkc;

/// Why a target of this shape is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum RefusedShape {
    /// The local part names another host (percent hack, bang path), or the address a source route.
    Route,
    /// The local part begins like an option of a command.
    Option,
    /// The local part names a file or a command.
    File,
    /// The local part is quoted.
    Quoted,
    /// The domain is an IP address, or its top label is none.
    Literal,
    /// The domain is no name of the Internet's, but one by which every host calls itself, or nobody is called.
    Local,
}

/// Names that are the next host's own or nobody's: RFC 6761 §6.3 and §6.4, and `/etc/hosts` of distributions.
const LOCAL_TOPS: [&str; 3] = ["localhost", "localdomain", "invalid"];

/// Why an address is refused for its local part, if it is. `local` is all before the last `@`, valid or not.
///
/// Its compatibility form is looked at as well: what only looks like a percent sign, a server may take for one.
pub(super) fn local_part(local: &str) -> Option<RefusedShape> {
    let shown = nfkc(local);
    if shown.starts_with('"') {
        Some(RefusedShape::Quoted)
    } else if shown.contains(['%', '!', '@', ':']) {
        Some(RefusedShape::Route)
    } else if shown.starts_with('-') {
        Some(RefusedShape::Option)
    } else if shown.starts_with(['/', '|']) || shown.contains("/../") {
        Some(RefusedShape::File)
    } else {
        None
    }
}

/// Why an address is refused for its domain, if it is: one in canonical form, or an address literal.
pub(super) fn domain(domain: &str) -> Option<RefusedShape> {
    let labels: Vec<&str> = domain.split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    // ICANN has no top-level domain that begins with a digit.
    if domain.starts_with('[') || !top.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Some(RefusedShape::Literal)
    } else if labels.len() < 2 || labels.first() == Some(&"localhost") || LOCAL_TOPS.contains(&top) {
        Some(RefusedShape::Local)
    } else {
        None
    }
}
