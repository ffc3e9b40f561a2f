"""cog, the open-source server that runs models at Replicate, in the place of Replicate."""
