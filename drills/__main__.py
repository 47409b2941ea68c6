"""`python -m drills`."""

from drills.run import main

if __name__ == "__main__":
    main()
