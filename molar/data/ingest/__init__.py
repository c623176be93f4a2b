"""What a visitor or a shop brings (zip, CSV), turned into a dataset folder. Imports data and core."""
