//! One self-contained page: filter by result and group, each finding with its snippet, the
//! component graph. No script at all, so the content-security policy forbids every one.

use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pulldown_cmark::{CowStr, Event, Parser, Tag, html as markdown_html};
use sha2::{Digest, Sha256};

use crate::checks::standing::Standing;
use crate::render::Options;
use crate::render::format::Rendering;
use crate::render::text::markup;
use crate::render::view::{Check, Group, View, position};
use crate::source::At;

const STYLE: &str = include_str!("page.css");

/// So many places of a finding are shown with their lines.
const MOST_EXCERPTS: usize = 10;

/// Lines shown around the place of a finding.
const CONTEXT: u32 = 2;

/// Writes the page.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Rendering { view, options, .. } = rendering;
    let groups = view.groups();
    let style = style(groups.len());
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let host = markup(if options.host.is_empty() { "this host" } else { &options.host });
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>trento-alloy: {host}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )?;
    header(view, &host, out)?;
    filters(view, &groups, out)?;
    writeln!(out, "<main>")?;
    let mut checks: Vec<&Check> = view.checks.iter().collect();
    checks.sort_by_key(|check| Standing::ALL.iter().position(|it| *it == check.standing));
    for check in checks {
        let group = groups.iter().position(|group| *group == check.group).unwrap_or(0);
        card(check, group, options, out)?;
    }
    if let Some(graph) = &options.graph {
        writeln!(
            out,
            "<section class=\"graph\" aria-labelledby=\"graph\"><h2 id=\"graph\">Component graph\
             </h2>\n<div class=\"scroll\" tabindex=\"0\">{graph}</div></section>"
        )?;
    }
    writeln!(
        out,
        "</main>\n<footer>trento-alloy {}</footer>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION")
    )
}

/// The style sheet, with the rules that make each button a filter.
fn style(groups: usize) -> String {
    let mut style = STYLE.to_owned();
    let names = (0..groups).map(|index| ("group", index.to_string(), format!("group-{index}")));
    let results = Standing::ALL.map(|it| ("result", it.name().to_owned(), it.name().to_owned()));
    for (kind, name, class) in names.chain(results) {
        let _ = writeln!(
            style,
            "#{kind}-{name}:checked ~ main .check:not(.{class}) {{ display: none; }}"
        );
        button(&mut style, &format!("{kind}-{name}"));
    }
    for all in ["result-all", "group-all"] {
        button(&mut style, all);
    }
    style
}

/// How a button looks that is pressed, or has the keyboard.
fn button(style: &mut String, id: &str) {
    let label = format!("~ nav label[for=\"{id}\"]");
    let _ = writeln!(
        style,
        "#{id}:checked {label} {{ background: var(--ink); color: var(--paper); }}\n\
         #{id}:focus-visible {label} {{ outline: 3px solid #4b8bf4; outline-offset: 2px; }}"
    );
}

fn header(view: &View, host: &str, out: &mut dyn Write) -> io::Result<()> {
    let result = view.standing.name();
    writeln!(
        out,
        "<header><h1>{host}</h1><p class=\"verdict {result}\">{result}</p><p>{} checks: {}</p>",
        view.checks.len(),
        markup(&view.counts.in_words())
    )?;
    for notice in &view.notices {
        writeln!(out, "<p class=\"notice\">{}</p>", markup(&notice.message))?;
    }
    writeln!(out, "</header>")
}

/// Radio buttons that style sheets can read: they work with the keyboard and without a script.
fn filters(view: &View, groups: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let mut labels = String::new();
    let mut radio = |name: &str, id: &str, text: &str, first: bool| {
        let checked = if first { " checked" } else { "" };
        let _ = write!(labels, "<label for=\"{id}\">{}</label>", markup(text));
        writeln!(out, "<input type=\"radio\" name=\"{name}\" id=\"{id}\"{checked}>")
    };
    radio("result", "result-all", "all results", true)?;
    for standing in Standing::ALL {
        let (result, count) = (standing.name(), view.counts.of(standing));
        if count > 0 {
            radio("result", &format!("result-{result}"), &format!("{result} ({count})"), false)?;
        }
    }
    let mut by_group = String::new();
    let mut radio = |id: &str, text: &str, first: bool| {
        let checked = if first { " checked" } else { "" };
        let _ = write!(by_group, "<label for=\"{id}\">{}</label>", markup(text));
        writeln!(out, "<input type=\"radio\" name=\"group\" id=\"{id}\"{checked}>")
    };
    radio("group-all", "all groups", true)?;
    for (index, group) in groups.iter().enumerate() {
        radio(&format!("group-{index}"), group, false)?;
    }
    writeln!(out, "<nav aria-label=\"Filter\"><div>{labels}</div><div>{by_group}</div></nav>")
}

fn card(check: &Check, group: usize, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let result = check.standing.name();
    let open = if check.standing.is_open() { " open" } else { "" };
    writeln!(
        out,
        "<details class=\"check {result} group-{group}\"{open}><summary>\
         <span class=\"badge\">{result}</span> <code>{}</code> {}</summary>",
        markup(&check.id),
        markup(&check.name)
    )?;
    if let Some(reason) = &check.reason {
        writeln!(out, "<p>{}</p>", markup(reason))?;
    }
    for finding in &check.findings {
        finding_html(finding, options, out)?;
    }
    for note in &check.notes {
        writeln!(out, "<p class=\"note\">{}</p>", markup(note))?;
    }
    writeln!(out, "<div class=\"text\">{}</div>", markdown(&check.description))?;
    if !open.is_empty() {
        writeln!(out, "<div class=\"text\">{}</div>", markdown(&check.remediation))?;
    }
    writeln!(out, "</details>")
}

fn finding_html(finding: &Group, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section class=\"finding {}\"><p><strong>{}</strong></p>",
        finding.severity.name(),
        with_code(&finding.message)
    )?;
    for (number, at) in finding.places().enumerate() {
        writeln!(out, "<p class=\"place\"><code>{}</code></p>", markup(&position(at)))?;
        if number < MOST_EXCERPTS
            && let Some(lines) = snippet(at, options)
        {
            writeln!(out, "<pre class=\"scroll\" tabindex=\"0\">{lines}</pre>")?;
        }
    }
    if let Some(help) = &finding.help {
        writeln!(out, "<p class=\"help\">{}</p>", with_code(help))?;
    }
    if let Some(waived) = &finding.waived {
        writeln!(out, "<p class=\"waived\">{}</p>", markup(waived))?;
    }
    writeln!(out, "</section>")
}

/// The lines around a place, the place itself marked.
fn snippet(at: &At, options: &Options) -> Option<String> {
    let source = options.sources.get(&at.file)?;
    let first = at.line.saturating_sub(CONTEXT).max(1);
    let mut html = String::new();
    for number in first..=at.line + CONTEXT {
        let Some(start) = source.lines().line_start(number) else { break };
        let line = source.text()[start as usize..].lines().next().unwrap_or_default();
        let shown: String = line.chars().take(300).collect();
        let markup = |text: &str| markup(&text.replace('\t', "    "));
        let _ = write!(html, "<span class=\"number\">{number:>4}</span> ");
        let from = (at.column as usize).saturating_sub(1);
        let to = if at.end_line == at.line { at.end_column as usize } else { shown.len() };
        let to = to.min(shown.len());
        match (number == at.line, shown.get(..from), shown.get(from..to), shown.get(to..)) {
            (true, Some(before), Some(marked), Some(after)) if from < to => {
                let (before, marked, after) = (markup(before), markup(marked), markup(after));
                let _ = writeln!(html, "{before}<mark>{marked}</mark>{after}");
            }
            _ => {
                let _ = writeln!(html, "{}", markup(&shown));
            }
        }
    }
    Some(html)
}

/// Escaped text, with what stands between backticks as code.
fn with_code(text: &str) -> String {
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

/// Markdown of a check as HTML. Raw HTML in it becomes text, and only links to the web stay.
fn markdown(text: &str) -> String {
    let safe = Parser::new(text).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let web = dest_url.starts_with("https://") || dest_url.starts_with("http://");
            let dest_url = if web { dest_url } else { CowStr::Borrowed("#") };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(pulldown_cmark::TagEnd::Image) => Event::End(pulldown_cmark::TagEnd::Emphasis),
        other => other,
    });
    let mut html = String::new();
    markdown_html::push_html(&mut html, safe);
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_of_a_check_brings_no_markup_of_its_own() {
        let html = markdown("<script>alert(1)</script>\n\n[x](javascript:alert(1)) `a<b`");
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("javascript:"), "{html}");
        assert!(html.contains("<code>a&lt;b</code>"), "{html}");
    }
}
