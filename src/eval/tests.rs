//! Expressions and their values: the reference's verdicts where they are at hand, and our own.

use std::path::Path;

use alloy_grammar::parser::parse_expression;
use serde_json::{Value as Json, json};

use super::*;

fn environment() -> Environment {
    let variables = [
        ("ORACLE_A", "alpha"),
        ("ORACLE_EMPTY", ""),
        ("ORACLE_NUM", "42"),
        ("ORACLE_UTF8", "héllo"),
        ("HOME", "/home/alloy"),
    ];
    Environment::known(variables.map(|(k, v)| (k.to_owned(), v.to_owned())).into())
}

/// The scope in which the reference evaluated.
fn scope<'a>(environment: &'a Environment, constants: &'a Constants) -> Scope<'a> {
    let inner = Value::object([("c", Value::array([Value::int(10), Value::int(20)]))]);
    let array = [Value::int(1), "two".into(), Value::float(3.5), Value::Null, Value::Bool(true)];
    Scope::new()
        .with_environment(environment)
        .with_constants(constants)
        .with("v_int", Value::int(5))
        .with("v_uint", Number::Uint(7).into())
        .with("v_float", Value::float(2.5))
        .with("v_str", "hello".into())
        .with("v_true", true.into())
        .with("v_null", Value::Null)
        .with("v_arr", Value::array(array))
        .with(
            "v_obj",
            Value::object([("a", Value::int(1)), ("b", inner), ("with space", "x".into())]),
        )
        .with("v_secret", Value::secret("s3cr3t"))
        .with("v_opt_secret", Value::OptionalSecret(OptionalSecret::new("s3cr3t", true)))
        .with("v_opt_plain", Value::OptionalSecret(OptionalSecret::new("plain", false)))
}

fn evaluated(expression: &str) -> Result<Value, String> {
    let environment = environment();
    let constants = Constants {
        hostname: "host".into(),
        arch: "amd64".into(),
        version: "v0.0.0".into(),
        ..Constants::default()
    };
    let scope = scope(&environment, &constants);
    let parsed = parse_expression(expression.as_bytes());
    if let Some(error) = parsed.errors.first() {
        return Err(error.message.clone());
    }
    eval(parsed.file.expr(parsed.root), &scope).map_err(|error| error.to_string())
}

/// Our JSON never shows a secret, so neither may what it is compared with.
fn without_secrets(mut typed: Json) -> Json {
    match &mut typed {
        Json::Object(fields)
            if fields.contains_key("capsule") && fields.get("is_secret") != Some(&json!(false)) =>
        {
            fields.insert("text".to_owned(), json!("(secret)"));
        }
        Json::Object(fields) => {
            for value in fields.values_mut() {
                *value = without_secrets(value.take());
            }
        }
        Json::Array(items) => {
            for value in items.iter_mut() {
                *value = without_secrets(value.take());
            }
        }
        _ => {}
    }
    typed
}

fn sorted(typed: Json) -> Json {
    match typed {
        Json::Array(mut items) => {
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        other => other,
    }
}

#[test]
fn expressions_have_the_values_the_reference_gives_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance/exprs.jsonl");
    let Ok(cases) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the shared acceptance data is not beside the checkout");
        return;
    };
    let (mut passed, mut wrong) = (0, Vec::new());
    for case in cases.lines() {
        let case: Json = serde_json::from_str(case).unwrap();
        let expression = case["expr"].as_str().unwrap();
        let found = evaluated(expression);
        let right = match (&found, case["ok"] == json!(true)) {
            (Ok(value), true) => {
                let (found, expected) =
                    (json::typed(value), without_secrets(case["typed"].clone()));
                if case.get("nondeterministic").is_some() {
                    sorted(found) == sorted(expected)
                } else {
                    found == expected
                }
            }
            (Ok(value), false) => value.unknown_reason().is_some(),
            (Err(_), ok) => !ok,
        };
        if right {
            passed += 1;
        } else {
            wrong.push(format!("{} {expression}: {found:?}", case["id"]));
        }
    }
    eprintln!("expressions: {passed} of {}", passed + wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn shown(expression: &str) -> String {
    match evaluated(expression) {
        Ok(value) => json::typed(&value).to_string(),
        Err(message) => format!("error: {message}"),
    }
}

#[test]
fn expressions_of_our_own_have_their_values() {
    for (expression, expected) in [
        ("1 + 2 * 3 ^ 2", r#"{"int":"19"}"#),
        ("-2 ^ 2", r#"{"int":"4"}"#),
        ("010 + 1.5", r#"{"float":"9.5"}"#),
        ("[1, \"b\", {c = null}][2].c", "null"),
        ("{a = 1}[\"b\"]", "null"),
        ("{a = 1}.b", "error: field \"b\" does not exist"),
        ("\"a\" + 1", "error: should be string, got number"),
        ("sys.env(\"ORACLE_A\") + sys.env(\"NOT_SET\")", r#""alpha""#),
        ("v_opt_plain + \"!\"", r#""plain!""#),
        (
            "\"a\" + v_opt_secret",
            r#"{"capsule":"alloytypes.OptionalSecret","is_secret":true,"text":"(secret)"}"#,
        ),
        ("string.to_lower(v_secret)", "error: secrets may not be converted into strings"),
        ("string.join([\"a\", 1, 2.5], encoding.from_base64(\"LQ==\"))", r#""a-1-2.5""#),
        ("encoding.from_base64(\"/w==\")[0] + 1", r#"{"int":"256"}"#),
        ("encoding.from_base64(\"YQ\")", "error: illegal base64 data"),
        (
            "encoding.from_yaml(\"a: &x {b: 1}\\nc:\\n  <<: *x\\n  d: 2\").c",
            r#"{"obj":{"b":{"int":"1"},"d":{"int":"2"}}}"#,
        ),
        ("encoding.from_yaml(\"a: 1\\na: 2\")", "error: yaml: a map has a key twice"),
        (
            "encoding.to_json({a = 1e-7, b = 1e21, c = 100.0})",
            r#""{\"a\":1e-7,\"b\":1e+21,\"c\":100}""#,
        ),
        (
            "json_path(`[{\"n\": \"x\", \"v\": 1}, {\"n\": \"y\", \"v\": 2}]`, `[?(@.n == \"y\")].v`)",
            r#"[{"int":"2"}]"#,
        ),
        ("json_path(`{\"a\": [1, 2, 3, 4]}`, \"$.a[1:-1]\")", r#"[{"int":"2"},{"int":"3"}]"#),
        ("json_path(`{\"a\": [1, 2, 3, 4]}`, \"$.a[-1,0]\")", r#"[{"int":"4"},{"int":"1"}]"#),
        ("string.to_upper(\"straße ŉ ᾀ\")", r#""STRAßE ŉ ᾈ""#),
        ("string.split(\"a,b,,\", \",\")", r#"["a","b","",""]"#),
        ("array.concat([1], v_null)", "error: should be array, got null"),
        ("coalesce(\"\", [], 0, {a = 1})", r#"{"obj":{"a":{"int":"1"}}}"#),
        (
            "constants",
            r#"{"obj":{"arch":"amd64","hostname":"host","os":"linux","version":"v0.0.0"}}"#,
        ),
        ("1\nwhat follows is not read ((", r#"{"int":"1"}"#),
    ] {
        assert_eq!(shown(expression), expected, "{expression}");
    }
}

#[test]
fn what_is_not_known_spreads_only_as_far_as_it_must() {
    let environment = Environment::unknown("the unit is not known");
    let scope = Scope::new().with_environment(&environment);
    let value = |expression: &str| {
        let parsed = parse_expression(expression.as_bytes());
        eval(parsed.file.expr(parsed.root), &scope).unwrap()
    };
    let unknown = |expression| value(expression).unknown_reason().map(str::to_owned);
    let reason = Some("the unit is not known".to_owned());
    assert_eq!(unknown("sys.env(\"A\") + \"x\""), reason);
    assert_eq!(unknown("string.to_upper([sys.env(\"A\")][0])"), reason);
    assert_eq!(unknown("sys.env(\"A\")[\"b\"].c[0]"), reason);
    assert_eq!(value("[sys.env(\"A\"), \"a\"][1]").as_str(), Some("a"));
    assert_eq!(value("{a = sys.env(\"A\"), b = \"b\"}.b").as_str(), Some("b"));
    assert_eq!(value("array.concat([sys.env(\"A\")], [\"b\"])[1]").as_str(), Some("b"));
    assert_eq!(value("coalesce(\"a\", sys.env(\"A\"))").as_str(), Some("a"));
}

#[test]
fn paths_lead_through_references_before_the_standard_library() {
    struct Receivers;
    impl References for Receivers {
        fn resolve(&self, path: &[&str]) -> Option<Resolved> {
            match path {
                ["prometheus", "remote_write", label, ..] => Some(Resolved {
                    names: 3,
                    value: Value::object([("receiver", Value::capsule("receiver", *label))]),
                }),
                _ => None,
            }
        }
    }
    let scope = Scope::new().with_references(&Receivers);
    let value = |expression: &str| {
        let parsed = parse_expression(expression.as_bytes());
        eval(parsed.file.expr(parsed.root), &scope).map_err(|error| error.to_string())
    };
    let found = value("[prometheus.remote_write.trento.receiver]").unwrap();
    assert!(matches!(&found.as_array().unwrap()[0], Value::Capsule(it) if &*it.id == "trento"));
    let missing = value("prometheus.remote_write.trento.nothing").unwrap_err();
    assert_eq!(missing, "field \"nothing\" does not exist");
    assert!(value("string.to_upper(\"x\")").is_ok());
    assert!(value("prometheus.scrape.x.y").is_err());
}

#[test]
fn deprecated_names_are_noted_unless_they_are_variables() {
    let parsed = parse_expression(b"env(concat) + env(\"x\")");
    let scope = Scope::new().with("concat", "HOME".into());
    let mut notes = Vec::new();
    let found = eval_noting(parsed.file.expr(parsed.root), &scope, &mut notes);
    assert!(found.is_ok());
    assert_eq!(notes.iter().map(|note| note.instead).collect::<Vec<_>>(), ["sys.env", "sys.env"]);
}

#[test]
fn depth_and_size_cost_neither_stack_nor_memory() {
    let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(evaluated(&deep).unwrap().unknown_within().is_some());
    assert!(evaluated(&format!("{}1", "-".repeat(50_000))).is_ok());
    assert!(evaluated(&format!("1{}", " + 1".repeat(50_000))).is_ok());
    assert!(evaluated(&format!("v_obj{}", ".b".repeat(50_000))).is_err());
    let growing = (0..40).fold("\"xxxxxxxx\"".to_owned(), |inner, _| {
        format!("string.replace({inner}, \"x\", \"xxxxxxxxxxxxxxxx\")")
    });
    assert!(evaluated(&growing).unwrap().unknown_reason().is_some());
    assert!(evaluated("3 ^ 9223372036854775807").is_ok());
}

#[test]
fn messages_do_not_repeat_what_the_source_says() {
    for expression in ["-\"hunter2\"", "\"hunter2\" * 2", "encoding.from_json(\"hunter2\")"] {
        let message = evaluated(expression).unwrap_err();
        assert!(!message.contains("hunter2"), "{message}");
    }
}
