"""To and from the core: policies, users, items and state become its frames, and its answer becomes tables.

Belongs here: translation between tables and the frames of ``core``. Does not belong here: any rule of the rotation.
"""
