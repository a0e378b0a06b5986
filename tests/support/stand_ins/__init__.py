"""Sources of the tiny packages that the test wheels carry; ``tests.support.contents`` packs them.

They are installed as ``torch``, ``torchvision``, ... into environments under test and must run on
every Python that such an environment can have, so they use nothing newer than Python 3.8.
"""
