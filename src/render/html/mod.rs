//! One self-contained page: filter by result and group, each finding with its excerpt, the
//! component graph. No script at all, so the content-security policy forbids every one. Printed,
//! it is a report on paper.

mod excerpt;
pub(super) mod markdown;

use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use self::markdown::{markdown, with_code};
use crate::checks::standing::Standing;
use crate::render::Options;
use crate::render::table::count;
use crate::render::text::markup;
use crate::render::view::{Check, Group, Rendering, View, position};

/// What every page looks like.
pub(super) const STYLE: &str = include_str!("page.css");

/// So many places of a finding are shown with their lines.
const MOST_EXCERPTS: usize = 10;

/// Writes the page.
pub(super) fn write(rendering: &Rendering<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (view, options) = (rendering.view(), rendering.options);
    let groups = view.groups();
    let host = markup(if options.host.is_empty() { "this host" } else { &options.host });
    begin(&host, &style(groups.len()), "", out)?;
    header(view, &host, options, out)?;
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
    end(out)
}

/// Begins a page that takes nothing from elsewhere; `script` is the only one that may run in it.
pub(super) fn begin(title: &str, style: &str, script: &str, out: &mut dyn Write) -> io::Result<()> {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let allowed = match script {
        "" => String::new(),
        script => format!(" script-src 'sha256-{}';", hash(script)),
    };
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{}';{allowed} img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>trento-alloy: {title}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        hash(style)
    )
}

/// Ends a page.
pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
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
    style.push_str("@media screen {\n");
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
    style.push_str("}\n");
    style
}

/// How a button looks that is pressed, or has the keyboard.
fn button(style: &mut String, id: &str) {
    let label = format!("~ nav label[for=\"{id}\"]");
    let _ = writeln!(
        style,
        "#{id}:checked {label} {{ background: var(--ink); color: var(--paper); }}\n\
         #{id}:focus-visible {label} {{ outline: 3px solid var(--focus); outline-offset: 2px; }}"
    );
}

/// The host, when it was looked at, and what came of it.
fn header(view: &View, host: &str, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let result = view.standing.name();
    let date = date(options.now);
    let checks = count(view.checks.len(), "check");
    writeln!(
        out,
        "<header><h1>{host}</h1><p class=\"verdict {result}\">{result}</p>{date}\
         <p class=\"sentence\">{}</p><p class=\"counts\">{checks}: {}</p>",
        markup(&view.sentence()),
        markup(&view.counts.in_words())
    )?;
    for notice in &view.notices {
        writeln!(out, "<p class=\"notice\">{}</p>", markup(&notice.message))?;
    }
    writeln!(out, "</header>")
}

/// The time of a run, if it is known.
pub(super) fn date(now: i64) -> String {
    const FORMAT: &[time::format_description::FormatItem<'_>] =
        format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    let time = OffsetDateTime::from_unix_timestamp(now).ok().filter(|_| now > 0);
    match time.and_then(|time| time.format(FORMAT).ok()) {
        Some(text) => format!("<p class=\"date\"><time>{text}</time></p>"),
        None => String::new(),
    }
}

/// Radio buttons that style sheets can read: they work with the keyboard and without a script.
fn filters(view: &View, groups: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let mut results = vec![("result-all".to_owned(), "all results".to_owned())];
    for standing in Standing::ALL {
        let (result, count) = (standing.name(), view.counts.of(standing));
        if count > 0 {
            results.push((format!("result-{result}"), format!("{result} ({count})")));
        }
    }
    let mut by_group = vec![("group-all".to_owned(), "all groups".to_owned())];
    let names = groups.iter().enumerate();
    by_group.extend(names.map(|(index, group)| (format!("group-{index}"), (*group).to_owned())));
    let mut labels = [String::new(), String::new()];
    for ((name, buttons), labels) in
        [("result", results), ("group", by_group)].into_iter().zip(&mut labels)
    {
        for (index, (id, text)) in buttons.iter().enumerate() {
            let checked = if index == 0 { " checked" } else { "" };
            let _ = write!(labels, "<label for=\"{id}\">{}</label>", markup(text));
            writeln!(out, "<input type=\"radio\" name=\"{name}\" id=\"{id}\"{checked}>")?;
        }
    }
    let [results, groups] = labels;
    writeln!(out, "<nav aria-label=\"Filter\"><div>{results}</div><div>{groups}</div></nav>")
}

fn card(check: &Check, group: usize, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let result = check.standing.name();
    let open = if check.standing.is_open() { " open" } else { "" };
    writeln!(
        out,
        "<details class=\"check {result} group-{group}\"{open}><summary><h2>\
         <span class=\"badge\">{result}</span> <code>{}</code> {}</h2></summary>",
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
    if check.standing.is_open() {
        writeln!(out, "<div class=\"text\">{}</div>", markdown(&check.remediation))?;
    }
    writeln!(out, "</details>")
}

/// A finding with its places.
pub(super) fn finding_html(
    finding: &Group,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "<section class=\"finding {}\"><p><strong>{}</strong></p>",
        finding.severity.name(),
        with_code(&finding.message)
    )?;
    for (number, at) in finding.places().enumerate() {
        writeln!(out, "<p class=\"place\"><code>{}</code></p>", markup(&position(at)))?;
        if number < MOST_EXCERPTS
            && let Some(lines) = excerpt::excerpt(at, options)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The colours of a block of the style sheet, by their names.
    fn colors(after: &str) -> BTreeMap<&'static str, [f64; 3]> {
        let block = STYLE.split(after).nth(1).and_then(|it| it.split('}').next()).unwrap();
        let named = block.split("--").skip(1).filter_map(|it| it.split_once(": #"));
        let channel = |hex: &str, at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        named.map(|(name, hex)| (name, [0, 2, 4].map(|at| channel(hex, at)))).collect()
    }

    #[test]
    fn every_text_stands_out_from_its_ground() {
        let light = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
        for scheme in [":root {", "(prefers-color-scheme: dark) {\n  :root {"] {
            let colors = colors(scheme);
            assert!(colors.len() >= 9, "{colors:?}");
            for (name, color) in colors.iter().filter(|(name, _)| !["soft", "line"].contains(name))
            {
                for ground in ["paper", "soft"].iter().filter(|ground| *ground != name) {
                    if (*name, *ground) == ("paper", "soft") {
                        continue;
                    }
                    let (a, b) = (light(*color), light(colors[ground]));
                    assert!(a.max(b) / a.min(b) >= 4.5, "{scheme} {name} on {ground}");
                }
            }
        }
    }
}
