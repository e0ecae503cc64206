# SPDX-License-Identifier: Apache-2.0
"""What a case of attack is, and words that the cases share."""
from image import Image

ESCAPED = "ESCAPED"          # in every name that must not appear outside
EVIL = b"attacker's bytes\n"
UP = "../" * 32              # from anywhere to the root of the file system
ROOT, USER = "root", "user"  # who unpacks: root, or somebody with --no-owner


class Case:
    """An image, how it is unpacked, and what has to come of it.

    tries      one sentence: what the attack is after
    image      an Image, or a list of layers, each a list of parts, or what makes one when its turn
               comes
    tree       the entries that must be there afterwards, all of them; None: it is refused
    refused    part of the message of a refusal, whose exit code is `code`
    either     a refusal is as good as the tree: it is for the file system to say
    options    further arguments for nacre unpack
    who        those who unpack it
    prepare    changes what lies around the target beforehand: gets the Place, returns how to undo
               what a removal of the directory would not, or None
    keeps      the target was there and stays as it is when the image is refused
    memory     MiB that may be resident, all processes together
    """

    def __init__(self, name, tries, image, tree=None, refused=None, code=3, refs="", either=False,
                 options=(), who=(ROOT, USER), prepare=None, memory=512):
        if (tree is None) == (refused is None) and not either:
            raise ValueError(f"{name}: either a tree or a refusal")
        self.name, self.tries, self.tree, self.refused, self.code = name, tries, tree, refused, code
        self.image = image
        self.refs = refs.split()
        self.either = either
        self.options = list(options)
        self.who = who
        self.prepare = prepare
        self.memory = memory

    def write(self, top):
        image = self.image() if callable(self.image) else self.image
        (Image(*image) if isinstance(image, list) else image).write(top)
