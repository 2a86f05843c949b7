from broken.case import Case

SOUNDS: list[Case] = []
