"""Pictures in tar files as WebDataset lays them out: KEY.jpg, KEY.cls, KEY.json, KEY.mask.png."""
