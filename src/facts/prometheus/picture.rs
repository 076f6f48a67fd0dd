//! The jobs and remote writes of Prometheus as a graph to be drawn.

use std::collections::{BTreeMap, BTreeSet};

use super::arrives;
use crate::facts::Host;
use crate::graph::drawing::{Drawing, Edge, EdgeKind, Node};
use crate::installation::Prometheus;
use crate::proof::{ComponentId, Feed, Names};

/// Every job and remote write, Trento's marked; an edge wherever series arrive.
pub(in crate::facts) fn drawing(host: &Host<'_>, prometheus: &Prometheus) -> Drawing {
    let mut drawing = Drawing::default();
    let Ok(configuration) = &prometheus.configuration else { return drawing };
    let feed = host.deployment().map(|found| &found.pipeline);
    let jobs = configuration.described_jobs();
    let writes = configuration.described_writes();
    let mut index: BTreeMap<ComponentId, usize> = BTreeMap::new();
    let is_member = |id| feed.is_some_and(|feed: &Feed| feed.members.contains(&id));
    let endpoints: BTreeSet<ComponentId> = feed
        .into_iter()
        .flat_map(|feed| feed.endpoints.iter().map(|endpoint| endpoint.sink.component))
        .collect();
    let jobs = jobs.into_iter().map(|it| (it.id, "scrape_configs", it.name));
    let writes: Vec<_> = writes.into_iter().map(|it| (it.id, "remote_write", it.name)).collect();
    for (id, name, label) in jobs.chain(writes.iter().cloned()) {
        index.insert(id, drawing.nodes.len());
        drawing.nodes.push(Node {
            id: configuration.full_id(id),
            name: name.to_owned(),
            label,
            module: String::new(),
            is_trento: is_member(id),
            is_endpoint: endpoints.contains(&id),
            at: configuration.at(configuration.header(id)),
            notes: Vec::new(),
        });
    }
    let job_ids: Vec<ComponentId> =
        index.keys().copied().filter(|id| !writes.iter().any(|(write, ..)| write == id)).collect();
    for &from in &job_ids {
        for (to, ..) in &writes {
            let is_trento = endpoints.contains(to);
            let is_dropped = is_trento
                && feed.is_some_and(|feed| {
                    !feed.paths.iter().any(|path| {
                        path.source == from && path.sink.component == *to && arrives(path)
                    })
                });
            if !is_dropped {
                drawing.edges.push(Edge {
                    from: index[&from],
                    to: index[to],
                    kind: EdgeKind::Series,
                    is_trento: is_trento && is_member(from),
                    changes: Vec::new(),
                });
            }
        }
    }
    drawing
}
