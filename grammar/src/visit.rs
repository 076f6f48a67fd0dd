//! Walks a tree without recursion.
