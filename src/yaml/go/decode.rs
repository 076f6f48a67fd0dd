//! The values that a document's tree stands for: keys once, aliases followed, maps merged.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::resolve::{self, Scalar};
use super::tree::{Kind, NodeId, Tree};
use super::{Fault, Repeat};

/// How deep the values may stand in each other, aliases followed.
const DEEPEST: usize = 500;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// What a scalar means.
    Scalar(Scalar),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Vec<Field>),
}

/// An entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The key.
    pub key: Scalar,
    /// The value.
    pub value: Value,
    /// Where key and value are written.
    pub nodes: (NodeId, NodeId),
}

type Decoded<T = ()> = Result<T, Fault>;

pub(super) struct Decoder<'t> {
    tree: &'t Tree,
    /// Aliases that are being followed.
    following: HashSet<NodeId>,
    depth: usize,
    decoded: usize,
    by_alias: usize,
}

impl<'t> Decoder<'t> {
    pub(super) fn new(tree: &'t Tree) -> Decoder<'t> {
        // The document itself counts as one.
        Decoder { tree, following: HashSet::new(), depth: 0, decoded: 1, by_alias: 0 }
    }

    /// The value of a node, its keys being whatever they mean.
    pub(super) fn value(&mut self, id: NodeId) -> Decoded<Value> {
        self.enter(id, |decoder, id| match &decoder.tree.node(id).kind {
            Kind::Scalar { .. } | Kind::Alias { .. } => decoder.scalar(id).map(Value::Scalar),
            Kind::Sequence(items) => {
                let items = items.iter().map(|&item| decoder.value(item));
                Ok(Value::List(items.collect::<Decoded<_>>()?))
            }
            Kind::Mapping(entries) => {
                let keys = entries.iter().map(|&(key, _)| decoder.target(key));
                let mut keys = keys.map(|key| decoder.tree.node(key));
                let has_text_keys = keys.all(resolve::is_text_key);
                let mut fields = Fields::new(has_text_keys);
                decoder.map(id, &mut fields, None)?;
                Ok(Value::Map(fields.fields))
            }
        })
    }

    /// The entries of a node whose keys are texts; none for null.
    pub(super) fn text_map(&mut self, id: NodeId) -> Decoded<Vec<Field>> {
        self.enter(id, |decoder, id| match &decoder.tree.node(id).kind {
            Kind::Mapping(_) => {
                let mut fields = Fields::new(true);
                decoder.map(id, &mut fields, None)?;
                Ok(fields.fields)
            }
            Kind::Scalar { .. } if decoder.scalar(id)? == Scalar::Null => Ok(Vec::new()),
            _ => Err(decoder.fault("it is no map of keys and values", id)),
        })
    }

    /// Follows aliases, within the bounds that yaml.v3 has, and one of depth of our own.
    fn enter<T>(
        &mut self,
        id: NodeId,
        decode: impl FnOnce(&mut Self, NodeId) -> Decoded<T>,
    ) -> Decoded<T> {
        self.count(id)?;
        if self.depth >= DEEPEST {
            return Err(self.fault("lists and maps stand in each other more than 500 deep", id));
        }
        self.depth += 1;
        let target = self.target(id);
        let found = if target == id {
            decode(self, id)
        } else if !self.following.insert(id) {
            Err(self.fault("an anchor's value contains itself", id))
        } else {
            let found = self.count(target).and_then(|()| decode(self, target));
            self.following.remove(&id);
            found
        };
        self.depth -= 1;
        found
    }

    fn count(&mut self, id: NodeId) -> Decoded {
        self.decoded += 1;
        self.by_alias += usize::from(!self.following.is_empty());
        let ratio = self.by_alias as f64 / self.decoded as f64;
        if self.by_alias > 100 && self.decoded > 1000 && ratio > allowed_ratio(self.decoded) {
            return Err(self.fault("the document contains excessive aliasing", id));
        }
        Ok(())
    }

    fn target(&self, id: NodeId) -> NodeId {
        match self.tree.node(id).kind {
            Kind::Alias { target, .. } => target,
            _ => id,
        }
    }

    fn scalar(&self, id: NodeId) -> Decoded<Scalar> {
        let found = resolve::resolve(self.tree.node(id));
        let found = found.map_err(|message| self.fault(message, id))?;
        found.ok_or_else(|| self.fault("a list or a map stands where a text is due", id))
    }

    /// Puts the entries of a map among others; what is merged gives way to what is there.
    fn map(
        &mut self,
        id: NodeId,
        into: &mut Fields,
        mut merged: Option<&mut HashSet<String>>,
    ) -> Decoded {
        let Kind::Mapping(entries) = &self.tree.node(id).kind else { return Ok(()) };
        self.refuse_repeated_keys(entries)?;
        let mut merge = None;
        for &(key, value) in entries {
            if resolve::is_merge(self.tree.node(key)) {
                merge = Some(value);
                continue;
            }
            let Some(name) = self.key(key, into.has_text_keys)? else { continue };
            if let Some(seen) = &mut merged
                && !seen.insert(format!("{name:?}"))
            {
                continue;
            }
            let value_node = value;
            let value = self.value(value)?;
            into.set(Field { key: name, value, nodes: (key, value_node) });
        }
        match (merge, merged) {
            (None, _) => Ok(()),
            (Some(merge), Some(seen)) => self.merge(merge, into, seen),
            (Some(merge), None) => {
                let mut seen = HashSet::new();
                for &(key, _) in entries {
                    seen.extend(self.key(key, false)?.map(|name| format!("{name:?}")));
                }
                self.merge(merge, into, &mut seen)
            }
        }
    }

    fn merge(&mut self, id: NodeId, into: &mut Fields, seen: &mut HashSet<String>) -> Decoded {
        let maps = match &self.tree.node(id).kind {
            Kind::Sequence(maps) => maps.clone(),
            _ => vec![id],
        };
        for map in maps {
            let target = self.target(map);
            if !matches!(self.tree.node(target).kind, Kind::Mapping(_)) {
                return Err(self.fault("`<<` requires a map or a list of maps", map));
            }
            self.enter(map, |decoder, target| decoder.map(target, into, Some(seen)))?;
        }
        Ok(())
    }

    /// A key; none for null where keys are texts, since yaml.v3 leaves that entry out.
    fn key(&mut self, id: NodeId, is_text: bool) -> Decoded<Option<Scalar>> {
        let node = self.target(id);
        let Kind::Scalar { text, .. } = &self.tree.node(node).kind else {
            return Err(self.fault("a key is a list or a map", id));
        };
        let found = self.enter(id, |decoder, id| decoder.scalar(id))?;
        Ok(match found {
            Scalar::Null if is_text => None,
            Scalar::Binary(bytes) => {
                Some(Scalar::Text(Arc::from(String::from_utf8_lossy(&bytes).as_ref())))
            }
            _ if is_text => Some(Scalar::Text(text.clone())),
            found => Some(found),
        })
    }

    fn refuse_repeated_keys(&self, entries: &[(NodeId, NodeId)]) -> Decoded {
        let mut seen: HashMap<(u8, &str), NodeId> = HashMap::new();
        for &(key, _) in entries {
            let name = match &self.tree.node(key).kind {
                Kind::Scalar { text, .. } => (0, &**text),
                Kind::Sequence(_) => (1, ""),
                Kind::Mapping(_) => (2, ""),
                Kind::Alias { name, .. } => (3, &**name),
            };
            if let Some(first) = seen.insert(name, key) {
                let mut fault = self.fault("a map has a key twice", key);
                fault.repeat = Some(Repeat { key: Arc::from(name.1), first });
                return Err(fault);
            }
        }
        Ok(())
    }

    fn fault(&self, message: &'static str, id: NodeId) -> Fault {
        Fault::new(message, self.tree.node(id).span)
    }
}

/// The share of values that may come from aliases: large documents may multiply less.
fn allowed_ratio(decoded: usize) -> f64 {
    const LOW: usize = 400_000;
    const HIGH: usize = 4_000_000;
    match decoded {
        ..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * ((decoded - LOW) as f64 / (HIGH - LOW) as f64),
    }
}

/// Entries of a map that is being put together.
struct Fields {
    has_text_keys: bool,
    fields: Vec<Field>,
    places: HashMap<String, usize>,
}

impl Fields {
    fn new(has_text_keys: bool) -> Fields {
        Fields { has_text_keys, fields: Vec::new(), places: HashMap::new() }
    }

    fn set(&mut self, field: Field) {
        match self.places.entry(format!("{:?}", field.key)) {
            std::collections::hash_map::Entry::Occupied(place) => {
                self.fields[*place.get()] = field;
            }
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(self.fields.len());
                self.fields.push(field);
            }
        }
    }
}
