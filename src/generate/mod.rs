//! From the agent's settings to the configuration it needs, as a tree.
