//! Texts of checks as HTML: Markdown, and code between backticks.

use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Parser, Tag, TagEnd, html};

use crate::render::text::markup;

/// Escaped text, with what stands between backticks as code.
pub(super) fn with_code(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = markup(part);
        if index % 2 == 1 && text.matches('`').count().is_multiple_of(2) {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            html.push_str(&part);
        }
    }
    html
}

/// Markdown of a check as HTML. Raw HTML in it becomes text, only links to the web stay, and
/// headings stand below that of the check.
pub(in crate::render) fn markdown(text: &str) -> String {
    let safe = Parser::new(text).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let web = dest_url.starts_with("https://") || dest_url.starts_with("http://");
            let dest_url = if web { dest_url } else { CowStr::Borrowed("#") };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Event::Start(Tag::Heading { level: below(level), id, classes, attrs })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
        other => other,
    });
    let mut page = String::new();
    html::push_html(&mut page, safe);
    page
}

/// The level of a heading within a check, whose own is the second.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_of_a_check_brings_no_markup_of_its_own() {
        let html = markdown(
            "<script>alert(1)</script>\n\n[x](javascript:alert(1)) [d](data:text/html,x) `a<b`",
        );
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("javascript:") && !html.contains("data:"), "{html}");
        assert!(html.contains("<code>a&lt;b</code>"), "{html}");
    }

    #[test]
    fn headings_stand_below_the_one_of_the_check() {
        assert_eq!(markdown("## Abstract"), "<h3>Abstract</h3>\n");
    }
}
