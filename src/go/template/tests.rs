//! Templates, with what Go says to them.

use super::fault;

/// Templates as they stand in pipelines of logs.
const TEMPLATES: &[&str] = &[
    "",
    "text without an action",
    "{{ .Value }}",
    "{{ .Value | ToLower | trunc 5 }}",
    "{{ if eq .level \"warn\" }}warning{{ else if .level }}{{ .level }}{{ else }}-{{ end }}",
    "{{- range $at, $it := .list }}{{ if $it }}{{ break }}{{ end }}{{ $at }}{{ end -}}",
    "{{ with $x := .Entry }}{{ $x.b.c }}{{ else with .Value }}{{ . }}{{ end }}",
    "{{/* why */}}{{ printf \"%s-%d\" `raw` 0x1F }}{{ 'a' }}{{ 1_000.5 }}{{ -1.5e3 }}",
    "{{ define \"t\" }}x{{ end }}{{ template \"t\" . }}{{ block \"b\" . }}y{{ end }}",
    "{{ (index .list 0).name }}",
];

/// What is no template, with the message behind its beginning.
const FAULTS: &[(&str, &str)] = &[
    ("{{ .Value", "1: unclosed action"),
    ("{{ nope .Value }}", "1: function \"nope\" not defined"),
    ("{{ .Value }", "1: unexpected \"}\" in operand"),
    ("a\nb\n{{ if .x }}", "3: unexpected EOF"),
    ("{{ end }}", "1: unexpected {{end}}"),
    ("{{ if .x }}{{ else }}{{ else }}{{ end }}", "1: expected end; found {{else}}"),
    ("{{ }}", "1: missing value for command"),
    ("{{ if }}x{{ end }}", "1: missing value for if"),
    ("{{ .a | 1 }}", "1: non executable command in pipeline stage 2"),
    ("{{ $x }}", "1: undefined variable \"$x\""),
    ("{{ \"x }}", "1: unterminated quoted string"),
    ("{{ (.x }}", "1: unclosed left paren"),
    ("{{ .x) }}", "1: unexpected right paren"),
    ("{{/* x }}", "1: unclosed comment"),
    ("{{ break }}", "1: {{break}} outside {{range}}"),
    ("{{ 1x }}", "1: bad number syntax: \"1x\""),
    ("{{ 'ab' }}", "1: malformed character constant: 'ab'"),
    ("{{ .a-b }}", "1: bad character U+002D '-'"),
    ("{{ \"a very long text\" range }}", "1: unexpected <range> in operand"),
    ("{{ .x\n", "2: unclosed action started at pipeline_template:1"),
    ("{{ define \"t\" }}x{{ end }}{{ define \"t\" }}y{{ end }}", MULTIPLE),
];
const MULTIPLE: &str = "1: template: multiple definition of template \"t\"";

#[test]
fn templates_have_no_fault() {
    for text in TEMPLATES {
        assert_eq!(fault(text), None, "{text}");
    }
}

#[test]
fn a_fault_has_the_words_of_go() {
    for (text, message) in FAULTS {
        let message = format!("template: pipeline_template:{message}");
        assert_eq!(fault(text).as_deref(), Some(message.as_str()), "{text}");
    }
}

#[test]
fn nothing_is_said_of_what_nests_very_deep() {
    assert_eq!(fault(&"{{ if .x }}".repeat(100_000)), None);
    assert_eq!(fault(&format!("{{{{ {}", "(".repeat(100_000))), None);
}
