"""Random cases: genes drawn by Hypothesis, decoded totally by executing, and reduced by the graph reducer."""
