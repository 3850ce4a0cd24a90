<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="Symbology|Labeling" labelsEnabled="0">
<renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0">
<symbols>
<symbol name="0" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleMarker" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="@water" type="QString"/>
<Option name="name" value="circle" type="QString"/>
<Option name="outline_color" value="@halo" type="QString"/>
<Option name="size" value="1.6" type="QString"/>
<Option name="size_unit" value="MM" type="QString"/>
</Option>
</layer>
</symbol>
</symbols>
</renderer-v2>
</qgis>
