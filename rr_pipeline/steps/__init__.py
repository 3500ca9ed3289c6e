"""What a run does, one module a step or a part of one; ``sequence`` has the steps in their order.

Belongs here: how delivered rows become decisions and tables. Does not belong here: opening, committing and publishing
(``session``, ``runs``), and what the router is handed (``routing``).
"""
