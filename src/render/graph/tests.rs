//! The forms of a graph, on drawings made by hand.

use super::{Form, svg, write};
use crate::graph::drawing::{Drawing, Edge, EdgeKind, Node};

fn node(name: &str, label: &str) -> Node {
    Node {
        id: format!("{name}.{label}"),
        name: name.to_owned(),
        label: label.to_owned(),
        module: String::new(),
        is_trento: label.starts_with("trento"),
        is_endpoint: false,
        at: None,
        notes: Vec::new(),
    }
}

fn edge(from: usize, to: usize) -> Edge {
    Edge { from, to, kind: EdgeKind::Series, is_trento: false, changes: Vec::new() }
}

/// Ten pipelines of three components that share a sink, and one edge that skips layers.
fn thirty() -> Drawing {
    let mut drawing = Drawing::default();
    drawing.nodes.push(node("prometheus.remote_write", "trento"));
    for at in 0..10 {
        let first = drawing.nodes.len();
        drawing.nodes.push(node("prometheus.exporter.unix", &format!("x{at}")));
        drawing.nodes.push(node("discovery.relabel", &format!("x{at}")));
        drawing.nodes.push(node("prometheus.scrape", &format!("x{at}")));
        drawing.edges.extend([
            edge(first, first + 1),
            edge(first + 1, first + 2),
            edge(first + 2, 0),
        ]);
    }
    drawing.edges.push(edge(1, 0));
    drawing
}

fn shown(drawing: &Drawing, form: Form) -> String {
    let mut out = Vec::new();
    write(drawing, form, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn numbers(tag: &str) -> Vec<i64> {
    ["x", "y", "width", "height"]
        .iter()
        .map(|name| {
            let at = tag.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
            tag[at..].split('"').next().unwrap().parse().unwrap()
        })
        .collect()
}

#[test]
fn boxes_do_not_lie_on_each_other() {
    let drawn = svg(&thirty());
    let boxes: Vec<Vec<i64>> =
        drawn.split("<rect").skip(1).map(|tag| numbers(tag.split("/>").next().unwrap())).collect();
    assert_eq!(boxes.len(), 31);
    for (at, a) in boxes.iter().enumerate() {
        for b in &boxes[at + 1..] {
            let apart = a[0] + a[2] <= b[0]
                || b[0] + b[2] <= a[0]
                || a[1] + a[3] <= b[1]
                || b[1] + b[3] <= a[1];
            assert!(apart, "{a:?} {b:?}");
        }
    }
}

#[test]
fn what_a_configuration_says_stays_text() {
    let mut drawing = thirty();
    drawing.nodes[1].label = "<script>\"&\u{1b}[31m".to_owned();
    drawing.edges[0].changes = vec!["sets `a` to \"</svg>\"\n]".to_owned()];
    for form in [Form::Text, Form::Dot, Form::Mermaid, Form::Json, Form::Svg] {
        let shown = shown(&drawing, form);
        assert!(!shown.contains('\u{1b}'), "{form:?}");
        if form == Form::Svg {
            assert!(!shown.contains("<script>"));
            assert_eq!(shown.matches("</svg>").count(), 1);
        }
    }
}

#[test]
fn a_tree_tells_each_component_once_and_ends_in_a_circle() {
    let mut drawing = thirty();
    drawing.edges.push(edge(0, 1));
    drawing.cycles.push(vec![0, 1]);
    let text = shown(&drawing, Form::Text);
    assert!(text.contains("prometheus.exporter.unix.x0"), "{text}");
    assert!(text.contains("circle: prometheus.remote_write.trento"), "{text}");
    assert!(text.lines().count() < 80, "{text}");
    assert!(svg(&drawing).ends_with("</svg>"));
}

#[test]
fn a_long_chain_is_drawn_without_recursion() {
    let mut drawing = Drawing::default();
    for at in 0..3_000 {
        drawing.nodes.push(node("prometheus.relabel", &format!("r{at}")));
        if at > 0 {
            drawing.edges.push(edge(at - 1, at));
        }
    }
    for form in [Form::Text, Form::Svg] {
        assert!(shown(&drawing, form).len() < 4 << 20);
    }
}

#[test]
fn an_empty_graph_is_drawn_too() {
    assert!(svg(&Drawing::default()).ends_with("</svg>"));
    assert_eq!(shown(&Drawing::default(), Form::Text), "");
}

/// Trento's pipeline beside twelve scrapes of others that write to the same endpoint.
fn crowded() -> Drawing {
    let mut drawing = Drawing::default();
    for at in 0..12 {
        drawing.nodes.push(node("prometheus.exporter.redis", &format!("r{at}")));
        drawing.nodes.push(node("prometheus.scrape", &format!("r{at}")));
        drawing.edges.push(edge(2 * at, 2 * at + 1));
    }
    let first = drawing.nodes.len();
    for name in ["prometheus.exporter.unix", "discovery.relabel", "prometheus.scrape"] {
        drawing.nodes.push(node(name, "trento"));
    }
    drawing.nodes.push(node("prometheus.remote_write", "trento"));
    for at in first..first + 3 {
        drawing.edges.push(Edge { is_trento: true, ..edge(at, at + 1) });
    }
    drawing.edges.extend((0..12).map(|at| edge(2 * at + 1, first + 3)));
    drawing
}

#[test]
fn trentos_pipeline_is_a_straight_line_above_all_others() {
    let drawn = svg(&crowded());
    let line: Vec<&str> = drawn
        .split("<path d=\"")
        .skip(1)
        .filter(|path| path.contains("url(#trento)"))
        .filter_map(|path| path.split('"').next())
        .collect();
    assert_eq!(line.len(), 3);
    assert!(line.iter().all(|path| !path.contains(['C', 'V'])), "{line:?}");
    let tops = |of_trento: bool| {
        let boxes = drawn.split("<rect").skip(1).filter_map(|it| it.split("/>").next());
        let boxes = boxes.filter(move |it| it.contains("trento-line") == of_trento);
        boxes.map(|it| numbers(it)[1]).collect::<Vec<i64>>()
    };
    let lowest = tops(true).into_iter().max().unwrap();
    assert!(tops(false).into_iter().all(|top| top > lowest));
}

#[test]
fn edges_arrive_side_by_side() {
    let drawn = svg(&crowded());
    let arrivals: Vec<&str> = drawn
        .split("<path d=\"")
        .skip(1)
        .filter(|path| path.contains("url(#arrow)") && path.contains('C'))
        .filter_map(|path| path.split('"').next()?.rsplit(' ').next())
        .filter(|end| !end.contains('H'))
        .collect();
    let places: std::collections::BTreeSet<&&str> = arrivals.iter().collect();
    assert_eq!((arrivals.len(), places.len()), (12, 12), "{arrivals:?}");
}

#[test]
fn a_chain_that_is_too_wide_goes_on_below() {
    let mut drawing = Drawing::default();
    for at in 0..40 {
        drawing.nodes.push(node("prometheus.relabel", &format!("r{at}")));
        if at > 0 {
            drawing.edges.push(edge(at - 1, at));
        }
    }
    let drawn = svg(&drawing);
    let [width, height] = ["width", "height"].map(|name| {
        let value = drawn.split(&format!(" {name}=\"")).nth(1).and_then(|it| it.split('"').next());
        value.and_then(|it| it.parse::<usize>().ok()).unwrap()
    });
    assert!(width < 1_600 && height > 300, "{width} by {height}");
}
