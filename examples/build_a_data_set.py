"""Make a data set of clips in Python: `python examples/build_a_data_set.py CLIPS OUT`.

The same as `affectlens annotate CLIPS -o OUT`: killed half-way, the same command goes on.
"""

import sys
from pathlib import Path

from affectlens.analyzer.engine import Crew
from affectlens.annotation.finish import finish
from affectlens.annotation.folder import DataFolder
from affectlens.annotation.item import of_paths
from affectlens.annotation.recipe import Output, Recipe
from affectlens.annotation.run import jobs, run
from affectlens.annotation.stored import Stored


def main() -> None:
    """Annotate and tell."""
    recipe = Recipe(output=Output(formats=("merr", "llama_factory"), licence="ODbL-1.0"))
    folder = DataFolder(Path(sys.argv[2]))
    with folder.held():
        todo = jobs(folder, of_paths([Path(sys.argv[1])]), recipe)
        run(folder, todo, Crew(workers=1))
        done = finish(folder, [job.key for job in todo], [], recipe)
    print(f"{done.kept} kept, rejected {dict(done.rejected)}, {done.failed} failed")
    for annotation in Stored.of(folder.annotations):
        print(annotation.id, annotation.label, "-", annotation.fine)


if __name__ == "__main__":  # workers import this file again
    main()
