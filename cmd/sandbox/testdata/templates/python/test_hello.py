import unittest

from hello import greet


class Greet(unittest.TestCase):
    def test_greet(self):
        self.assertEqual(greet("x"), "hello x")
