//! What is found in texts that are read line by line.

use super::super::vault::STARS;
use super::*;

fn found(text: &str, kind: Kind) -> Vec<&str> {
    places(text, kind).into_iter().map(|range| &text[range]).collect()
}

/// Every text of four of these, in every kind of file: places are those of whole characters.
#[test]
fn names_and_values_of_any_language_have_places() {
    let words =
        ["ü", "größe", "日", "\u{730}", "password", "-", " ", "=", ": ", "\"", "'", "{", "]"];
    let kinds = [Kind::Comment, Kind::Configuration, Kind::Yaml, Kind::Settings];
    let number = words.len();
    let mut most = 0;
    for at in 0..number.pow(4) {
        let word = |place: u32| words[at / number.pow(place) % number];
        let text = format!("{}{}{}{}", word(0), word(1), word(2), word(3));
        for kind in kinds {
            most = most.max(found(&text, kind).len());
        }
    }
    assert!(most > 0);
    assert_eq!(found("größe   = 5, password = hunter2x", Kind::Settings), ["hunter2x"]);
}

#[test]
fn what_stands_behind_a_name_of_a_secret_is_one() {
    let settings = |text| found(text, Kind::Settings);
    assert_eq!(settings("prometheus-auth-password: hunter2\nx: y\n"), ["hunter2"]);
    assert_eq!(settings("API_TOKEN='abc'\n"), ["'abc'"]);
    assert_eq!(settings("prometheus-auth-pasword: eyJ.abc.def\n"), ["eyJ.abc.def"]);
    assert_eq!(settings("ExecStart=/usr/bin/x --api-key abc --y\n"), ["abc --y"]);
    assert_eq!(settings("Environment=\"A_TOKEN=abc\"\n"), ["abc\""]);
    assert_eq!(settings("password hunter2\n"), ["hunter2"]);
    assert_eq!(settings("{\"password\": \"x\"}\n"), ["\"x\"}"]);
    assert!(settings("password_file: /etc/x\nurl: https://h\n").is_empty());
}

#[test]
fn a_value_goes_on_in_further_lines() {
    let text = "password: |\n  line one\n  line two\nurl: x\n";
    assert_eq!(found(text, Kind::Settings), ["|", "line one", "line two"]);
    let text = "PASSWORD=\"one\ntwo\"\nB=x\n";
    assert_eq!(found(text, Kind::Settings), ["\"one", "two\""]);
    let text = "password:\n  x: one\n\n  y: two\nz: 1\n";
    assert_eq!(found(text, Kind::Settings), ["x: one", "y: two"]);
}

#[test]
fn a_configuration_that_does_not_parse_may_refer() {
    let text = "password = local.file.x.content\ntoken = \"a\" $\n";
    assert_eq!(found(text, Kind::Configuration), ["\"a\" $"]);
}

#[test]
fn in_brackets_a_value_ends_where_the_next_name_begins() {
    let yaml = |text| found(text, Kind::Yaml);
    assert_eq!(yaml("{a: {password: x1, user: u}, {"), ["x1"]);
    assert_eq!(yaml("a: [{password: \"x,1\", user: u}]]"), ["\"x,1\""]);
    assert_eq!(yaml("{a: 1,\n password: x,1}y, 'b': 2}\n"), ["x,1}y"]);
    assert_eq!(yaml("{a: 1, password: x1}]}\n"), ["x1"]);
    assert_eq!(yaml("a: [\nx1word\n"), ["x1word"]);
    assert_eq!(yaml("{a: 1, password: 'x1}]}\nb"), ["'x1"]);
    let text = "x: {authorization: {type: Bearer, credentials: x1}, url: h";
    assert_eq!(yaml(text), ["{type: Bearer, credentials: x1}", "x1"]);
    let vault = Vault::new();
    let text = "{authorization: {type: Bearer, credentials: Hunter2}, url: 'http://o:pw1234@h',\
                {password: observer, username: manager}, b: x@y}}}";
    register(text, Kind::Yaml, &vault);
    assert_eq!(vault.cover("Hunter2 pw1234 observer"), "******** ******** ********");
    let plain = "{authorization: {type: manager}, credentials: username: b: x@y";
    assert_eq!(vault.cover(plain), plain);
}

#[test]
fn any_number_of_names_may_stand_on_a_line() {
    let many = |text: &str, kind| found(&text.repeat(20_000), kind).len();
    assert_eq!(many("{password: x, ", Kind::Yaml), 20_000);
    assert_eq!(many("password=x ", Kind::Settings), 20_000);
    for text in ["token=", "password=\"a ", "{password: x, token: y ", "\"x: password: x, "] {
        for kind in [Kind::Settings, Kind::Yaml, Kind::Configuration, Kind::Comment] {
            register(&text.repeat(20_000), kind, &Vault::new());
        }
    }
    assert_eq!(many(&format!("password=x{}", " ".repeat(10)), Kind::Settings), 20_000);
}

#[test]
fn what_stands_behind_a_further_name_is_known_too() {
    let vault = Vault::new();
    let text = format!("X={} token=\"hunter2 b\" url=x", "password=abcdef ".repeat(2_000));
    register(&text, Kind::Settings, &vault);
    assert_eq!(vault.cover("hunter2 b"), "********");
    assert_eq!(vault.cover("abcdef"), "********");
}

#[test]
fn a_line_of_dashes_and_blanks_holds_nothing() {
    for line in ["   -         -   ", "- - - ", "----\t", "-\t-\t-\t"] {
        assert_eq!(found(line, Kind::Yaml), [""; 0], "{line:?}");
        let text = format!("password: abcdef\n{line}\n{line}x9y8\n");
        assert_eq!(found(&text, Kind::Yaml)[0], "abcdef", "{line:?}");
    }
}

#[test]
fn a_message_of_another_program_holds_secrets_behind_names_and_schemes() {
    let vault = Vault::new();
    let text = "bearer Hunter2x1 refused, Authorization: Basic aHVudGVy9, token expired, \
                password=\"Abc123xyz\" failed at https://u:pw12345@h/";
    register_message(text, &vault);
    for word in ["Hunter2x1", "aHVudGVy9", "Abc123xyz", "pw12345"] {
        assert_eq!(vault.cover(word), STARS, "{word}");
    }
    assert_eq!(
        vault.cover("refused expired failed Authorization"),
        "refused expired failed Authorization"
    );
}

#[test]
fn prose_registers_no_words() {
    let vault = Vault::new();
    register("the password: rotated monthly by the team", Kind::Comment, &vault);
    assert!(vault.is_empty());
    register("// old password = \"hunter2Secret\"", Kind::Comment, &vault);
    assert_eq!(vault.cover("hunter2Secret"), "********");
}
