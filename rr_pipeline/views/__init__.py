"""What people ask of a project without changing it: an item's story, the state, the policies, what a run would read."""
