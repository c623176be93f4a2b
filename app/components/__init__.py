"""What several tabs share: panels of HTML, item cards, pictures, the upload panel."""
