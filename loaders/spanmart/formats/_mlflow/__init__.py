"""What MLflow's traces become: spans, and feedback from the assessments in them."""
