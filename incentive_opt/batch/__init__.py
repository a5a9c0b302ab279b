"""Many designs at once: instances, models, seeds and changed numbers, resumable, on a machine or a cluster.

A batch is planned as orders, each of which holds all that its result depends on. Workers carry orders out and
send back files; only the process that started the batch writes into its folder.
"""

from incentive_opt.batch.study import Product, Study, Terms, study_of

__all__ = ["Product", "Study", "Terms", "study_of"]
