"""Reports: trained models measured side by side, written to results files. Imports finetune and below."""
