"""Names on the bus of the manager and of its units (org.freedesktop.systemd1(5)).

Python 3.9 or later, standard library.
"""
SERVICE = 'org.freedesktop.systemd1'
ROOT = '/org/freedesktop/systemd1'


def unit_path(name):
    """The path of a unit's object."""
    return ROOT + '/unit/' + ''.join(c if c.isascii() and c.isalnum() and not (i == 0 and c.isdigit()) else f'_{ord(c):02x}'
                                     for i, c in enumerate(name))
