from broken.case import Case

SERIES: list[Case] = []
