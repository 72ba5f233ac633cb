"""`python -m affectlens`, as torchrun and `accelerate launch -m` start it."""

from affectlens.cli.app import main

if __name__ == "__main__":
    main()
