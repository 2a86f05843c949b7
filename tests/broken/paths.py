from broken.case import Case

PATHS: list[Case] = []
