//! From prose to HTML: `` `code` `` and `[links](/path)`, and nothing else.

/// Marks up `text`; links to pages lead to those in the language with this tag.
pub(super) fn html(text: &str, tag: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.find(['`', '[']) {
        escape(&rest[..at], &mut html);
        rest = match marked(&rest[at..], tag, &mut html) {
            Some(length) => &rest[at + length..],
            None => {
                html.push_str(&rest[at..=at]);
                &rest[at + 1..]
            }
        };
    }
    escape(rest, &mut html);
    html
}

/// Writes the markup that `text` begins with, and tells how long it was.
fn marked(text: &str, tag: &str, html: &mut String) -> Option<usize> {
    if let Some(code) = text.strip_prefix('`') {
        let (code, _) = code.split_once('`')?;
        html.push_str("<code>");
        escape(code, html);
        html.push_str("</code>");
        return Some(code.len() + 2);
    }
    let (name, target) = text.strip_prefix('[')?.split_once("](")?;
    let (path, _) = target.split_once(')')?;
    // Only pages speak languages.
    let is_page = !path.contains('.') && !matches!(path, "/healthz" | "/readyz");
    html.push_str("<a href=\"");
    if is_page {
        html.push('/');
        html.push_str(tag);
    }
    escape(path, html);
    html.push_str("\">");
    escape(name, html);
    html.push_str("</a>");
    Some(name.len() + path.len() + 4)
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn code_links_and_nothing_else() {
        for (text, expected) in [
            ("a < b & \"c\"", "a &lt; b &amp; &quot;c&quot;"),
            ("say `<x>` twice", "say <code>&lt;x&gt;</code> twice"),
            ("[here](/about), there", "<a href=\"/de/about\">here</a>, there"),
            ("[file](/openapi.json)", "<a href=\"/openapi.json\">file</a>"),
            ("a [ b ` c", "a [ b ` c"),
            ("ü[ü](/ü)ü", "ü<a href=\"/de/ü\">ü</a>ü"),
        ] {
            assert_eq!(html(text, "de"), expected, "{text}");
        }
    }
}
